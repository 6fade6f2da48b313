import {
  exitCodes,
  helpText,
  nearest,
  parseCommandLine,
  UsageError,
  type CommandIo,
  type CommandSpec,
} from "./options.ts";

/** Commands by name; each is loaded when it is called, so that none pays for another's libraries. */
const commands: Readonly<Record<string, { summary: string; load: () => Promise<CommandSpec> }>> = {
  build: {
    summary: "compile a model to a C project",
    load: async () => (await import("./commands/build.ts")).buildCommand,
  },
  check: {
    summary: "check a model: types, network, placement",
    load: async () => (await import("./commands/check.ts")).checkCommand,
  },
  explain: {
    summary: "explain a diagnostic code",
    load: async () => (await import("./commands/explain.ts")).explainCommand,
  },
  export: {
    summary: "write a model as network description for the reference generator",
    load: async () => (await import("./commands/export.ts")).exportCommand,
  },
  import: {
    summary: "make a model of a network description of the reference generator",
    load: async () => (await import("./commands/import.ts")).importCommand,
  },
  limits: {
    summary: "list what a device can run",
    load: async () => (await import("./commands/limits.ts")).limitsCommand,
  },
};

/** Runs one command line and returns its exit code: 0 done, 1 diagnostics, 2 wrong call. */
export async function runCli(words: readonly string[], io: CommandIo): Promise<number> {
  const [name, ...rest] = words;
  if (name === undefined || name === "--help" || name === "-h" || name === "help") {
    (name === undefined ? io.error : io.out)(overview());
    return name === undefined ? exitCodes.usage : exitCodes.ok;
  }
  if (name === "--version") {
    const { createRequire } = await import("node:module");
    io.out(`${(createRequire(import.meta.url)("ai8xc/package.json") as { version: string }).version}\n`);
    return exitCodes.ok;
  }
  const entry = commands[name];
  if (entry === undefined) {
    const near = words.includes("--config-file") ? "import" : nearest(name, Object.keys(commands));
    io.error(`ai8xc has no command ${name}${near === undefined ? "" : `; did you mean ${near}?`}\n${overview()}`);
    return exitCodes.usage;
  }
  const command = await entry.load();
  try {
    const { positionals, options } = parseCommandLine(command, rest);
    if (options["help"] === true) {
      io.out(helpText(command));
      return exitCodes.ok;
    }
    return await command.run({ positionals, options, io, words: rest });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    io.error(`${error.message}\nusage: ai8xc ${command.usage}\n`);
    return exitCodes.usage;
  }
}

const overview = (): string =>
  [
    "usage: ai8xc COMMAND [options]",
    "",
    ...Object.entries(commands).map(([name, { summary }]) => `  ${name.padEnd(9)}${summary}`),
    "",
    "ai8xc COMMAND --help lists the options of a command.",
    "",
  ].join("\n");
