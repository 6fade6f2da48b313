import { parseArgs } from "node:util";

/** One command-line option; help text and parsing both come from this record. */
export interface OptionSpec {
  readonly name: string;
  readonly short?: string;
  /** Other names of the same option. */
  readonly aliases?: readonly string[];
  /** Name of the value in help; absent for switches. */
  readonly value?: string;
  /** The value may be left out, and is empty then; what looks like this behind the option is its value. */
  readonly optionalValue?: RegExp;
  readonly help: string;
  /** Values that are allowed; the value is checked against them, ignoring case. */
  readonly choices?: readonly string[];
  /** Values that are allowed beside `choices`. */
  readonly otherValues?: RegExp;
  /** Also accepts `--no-name`, which makes the option false. */
  readonly negatable?: boolean;
  /** More names that make the option false. */
  readonly opposites?: readonly string[];
  /** Heading in help; options without one come first. */
  readonly group?: string;
  /** Help lists its names only. */
  readonly brief?: boolean;
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
  readonly options: OptionValues;
  readonly io: CommandIo;
  /** The words behind the command's name, as given. */
  readonly words: readonly string[];
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

export type OptionValues = Readonly<Record<string, string | boolean | undefined>>;

export function parseCommandLine(
  command: CommandSpec,
  words: readonly string[],
): { positionals: string[]; options: Record<string, string | boolean | undefined> } {
  const names = new Map(command.options.flatMap((option) => spellings(option)));
  const known: Record<string, { type: "string" | "boolean"; short?: string }> = {
    help: { type: "boolean", short: "h" },
  };
  for (const [name, { option, means }] of names) {
    known[name] = {
      type: option.value === undefined || !means ? "boolean" : "string",
      ...(option.short === undefined || name !== option.name ? {} : { short: option.short }),
    };
  }
  const parsed = parse(command, withValues(words, names), known);
  const options: Record<string, string | boolean | undefined> = {};
  const given = new Map<string, string>();
  for (const [name, value] of Object.entries(parsed.values)) {
    const spelled = names.get(name);
    if (spelled === undefined) {
      options[name] = value;
      continue;
    }
    const { option, means } = spelled;
    const meant = !means ? false : typeof value === "string" ? allowedValue(option, name, value) : value;
    const other = given.get(option.name);
    if (other !== undefined && options[option.name] !== meant) {
      throw new UsageError(`--${other} and --${name} exclude each other`);
    }
    options[option.name] = meant;
    given.set(option.name, name);
  }
  return { positionals: parsed.positionals, options };
}

interface Spelling {
  readonly option: OptionSpec;
  /** False: this name makes the option false. */
  readonly means: boolean;
}

/** Every name that an option answers to, without dashes. */
const spellings = (option: OptionSpec): (readonly [string, Spelling])[] => [
  ...[option.name, ...(option.aliases ?? [])].map((name) => [name, { option, means: true }] as const),
  ...[...(option.negatable ? [`no-${option.name}`] : []), ...(option.opposites ?? [])].map(
    (name) => [name, { option, means: false }] as const,
  ),
];

/** A value that a reader could take for an option, such as -5 or "-f file". */
const isDashedValue = (word: string): boolean => /^-(\d|.*\s)/.test(word);

/** Ties values to their options where it is not clear that they are values, or where they may be missing. */
function withValues(words: readonly string[], names: ReadonlyMap<string, Spelling>): string[] {
  const tied: string[] = [];
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string;
    const spelled = word.startsWith("--") ? names.get(word.slice(2)) : undefined;
    const next = words[i + 1];
    if (spelled?.means !== true || spelled.option.value === undefined) tied.push(word);
    else if (spelled.option.optionalValue !== undefined) {
      const hasValue = next !== undefined && spelled.option.optionalValue.test(next);
      tied.push(`${word}=${hasValue ? next : ""}`);
      if (hasValue) i++;
    } else if (next !== undefined && isDashedValue(next)) tied.push(`${word}=${words[++i]}`);
    else tied.push(word);
  }
  return tied;
}

function allowedValue(option: OptionSpec, name: string, value: string): string {
  if (option.choices === undefined || option.otherValues?.test(value) === true) return value;
  const choice = option.choices.find((candidate) => candidate.toLowerCase() === value.toLowerCase());
  if (choice !== undefined) return choice;
  throw new UsageError(`--${name} ${value} is not known; use ${option.choices.join(", ")}`);
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
export function integerOption(options: OptionValues, name: string, min = 0): number | undefined {
  const value = options[name];
  return typeof value === "string" ? integerValue(name, value, min) : undefined;
}

/** A number as written: decimal, or hexadecimal (0x), octal (0o) and binary (0b). */
export function integerValue(name: string, text: string, min: number): number {
  const number = Number(text);
  if (text.trim() === "" || !Number.isSafeInteger(number) || number < min) {
    throw new UsageError(`--${name} takes an integer of at least ${min}, not ${text}`);
  }
  return number;
}

export const stringOption = (options: OptionValues, name: string): string | undefined => {
  const value = options[name];
  return typeof value === "string" ? value : undefined;
};

const widestSignature = 34;

/** What `ai8xc COMMAND --help` prints: usage, what the command does, and its options under their headings. */
export function helpText(command: CommandSpec): string {
  const groups = [...new Set(command.options.map(({ group }) => group))];
  const width = Math.min(widestSignature, Math.max(...command.options.map((one) => signature(one).length), 0)) + 2;
  const sections = groups.flatMap((group) => [
    "",
    `${group ?? "options"}:`,
    ...groupLines(
      command.options.filter((option) => option.group === group),
      width,
    ),
  ]);
  return [`usage: ai8xc ${command.usage}`, "", command.summary, ...sections, ""].join("\n");
}

function groupLines(options: readonly OptionSpec[], width: number): string[] {
  const lines = options.filter(({ brief }) => brief !== true).map((option) => helpLine(option, width));
  let line = "";
  for (const name of options.filter(({ brief }) => brief === true).flatMap(briefNames)) {
    if (line.length + name.length > paragraphWidth) {
      lines.push(line);
      line = "";
    }
    line += `${line === "" ? "  " : " "}${name}`;
  }
  return line === "" ? lines : [...lines, line];
}

const paragraphWidth = 100;

const briefNames = ({ name, short, aliases = [], opposites = [], negatable }: OptionSpec): string[] => [
  ...(short === undefined ? [] : [`-${short}`]),
  negatable === true ? `--[no-]${name}` : `--${name}`,
  ...[...aliases, ...opposites].map((other) => `--${other}`),
];

function helpLine(option: OptionSpec, width: number): string {
  const aliases = (option.aliases ?? []).map((name) => `--${name}`);
  const opposites = (option.opposites ?? []).map((name) => `not: --${name}`);
  const notes = [...(option.choices ?? []), ...aliases, ...opposites];
  const help = notes.length === 0 ? option.help : `${option.help} (${notes.join(", ")})`;
  const left = signature(option);
  return left.length < width ? `${left.padEnd(width)}${help}` : `${left}\n${" ".repeat(width)}${help}`;
}

function signature(option: OptionSpec): string {
  const name = option.negatable ? `--[no-]${option.name}` : `--${option.name}`;
  const short = option.short === undefined ? "    " : `-${option.short}, `;
  const value = option.optionalValue === undefined ? option.value : `[${option.value}]`;
  return `  ${short}${name}${value === undefined ? "" : ` ${value}`}`;
}
