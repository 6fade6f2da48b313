import { parseArgs } from "node:util";

/** One command-line option; help text and parsing both come from this record. */
export interface OptionSpec {
  readonly name: string;
  readonly short?: string;
  /** Name of the value in help; absent for switches. */
  readonly value?: string;
  readonly help: string;
  /** Values that are allowed; the value is checked against them, ignoring case. */
  readonly choices?: readonly string[];
  /** Also accepts `--no-name`. */
  readonly negatable?: boolean;
}

export interface CommandSpec {
  readonly name: string;
  readonly usage: string;
  readonly summary: string;
  readonly options: readonly OptionSpec[];
  readonly run: (invocation: Invocation) => Promise<number>;
}

/** What a command gets: parsed words, and where to write. No command touches the process. */
export interface Invocation {
  readonly positionals: readonly string[];
  readonly options: Readonly<Record<string, string | boolean | undefined>>;
  readonly io: CommandIo;
}

export interface CommandIo {
  readonly cwd: string;
  readonly out: (text: string) => void;
  readonly error: (text: string) => void;
  readonly color: boolean;
}

export const exitCodes = { ok: 0, diagnostics: 1, usage: 2 } as const;

/** A wrong call: printed with the usage line, exit code 2. */
export class UsageError extends Error {}

export function parseCommandLine(
  command: CommandSpec,
  words: readonly string[],
): { positionals: string[]; options: Record<string, string | boolean | undefined> } {
  const known: Record<string, { type: "string" | "boolean"; short?: string }> = {
    help: { type: "boolean", short: "h" },
  };
  for (const option of command.options) {
    known[option.name] = {
      type: option.value === undefined ? "boolean" : "string",
      ...(option.short === undefined ? {} : { short: option.short }),
    };
    if (option.negatable) known[`no-${option.name}`] = { type: "boolean" };
  }
  const parsed = parse(command, [...words], known);
  const options = { ...parsed.values } as Record<string, string | boolean | undefined>;
  for (const option of command.options) {
    const value = options[option.name];
    if (option.negatable && options[`no-${option.name}`] === true) {
      if (value === true) throw new UsageError(`--${option.name} and --no-${option.name} exclude each other`);
      options[option.name] = false;
    }
    if (option.choices !== undefined && typeof value === "string") {
      const choice = option.choices.find((candidate) => candidate.toLowerCase() === value.toLowerCase());
      if (choice === undefined) {
        throw new UsageError(`--${option.name} ${value} is not known; use ${option.choices.join(", ")}`);
      }
      options[option.name] = choice;
    }
  }
  return { positionals: parsed.positionals, options };
}

function parse(
  command: CommandSpec,
  args: string[],
  options: Record<string, { type: "string" | "boolean"; short?: string }>,
) {
  try {
    return parseArgs({ args, options, allowPositionals: true, strict: true });
  } catch (error) {
    const text = (error as Error).message.split(". To specify")[0] ?? "";
    const unknown = /Unknown option '(-[^']*)'/.exec(text)?.[1];
    if (unknown === undefined) throw new UsageError(text);
    const near = nearest(unknown.replace(/^-+/, ""), Object.keys(options));
    throw new UsageError(
      `${command.name} has no option ${unknown}${near === undefined ? "" : `; did you mean --${near}?`}`,
    );
  }
}

/** The candidate with the smallest edit distance, when it is close enough to be a slip. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const scored = candidates
    .map((candidate) => ({ candidate, distance: editDistance(word, candidate) }))
    .sort((a, b) => a.distance - b.distance)[0];
  return scored !== undefined && scored.distance <= Math.max(2, word.length / 3) ? scored.candidate : undefined;
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substituted = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(substituted, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}

/** An option's value as an integer of at least `min`; undefined when it was not given. */
export function integerOption(options: Invocation["options"], name: string, min = 0): number | undefined {
  const value = options[name];
  if (typeof value !== "string") return undefined;
  const number = Number(value);
  if (value.trim() === "" || !Number.isSafeInteger(number) || number < min) {
    throw new UsageError(`--${name} takes an integer of at least ${min}, not ${value}`);
  }
  return number;
}

export const stringOption = (options: Invocation["options"], name: string): string | undefined => {
  const value = options[name];
  return typeof value === "string" ? value : undefined;
};

export function helpText(command: CommandSpec): string {
  const left = command.options.map((option) => {
    const name = option.negatable ? `--[no-]${option.name}` : `--${option.name}`;
    const short = option.short === undefined ? "    " : `-${option.short}, `;
    return `  ${short}${name}${option.value === undefined ? "" : ` ${option.value}`}`;
  });
  const width = Math.min(34, Math.max(...left.map((text) => text.length), 0)) + 2;
  const lines = command.options.map((option, index) => {
    const choices = option.choices === undefined ? "" : ` (${option.choices.join(", ")})`;
    const text = left[index] as string;
    return text.length < width
      ? `${text.padEnd(width)}${option.help}${choices}`
      : `${text}\n${" ".repeat(width)}${option.help}${choices}`;
  });
  return [
    `usage: ai8xc ${command.usage}`,
    "",
    command.summary,
    ...(lines.length > 0 ? ["", "options:", ...lines] : []),
    "",
  ].join("\n");
}
