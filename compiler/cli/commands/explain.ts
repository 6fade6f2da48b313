import { codeTable } from "../codes.ts";
import { exitCodes, nearest, UsageError, type CommandSpec } from "../options.ts";

export const explainCommand: CommandSpec = {
  name: "explain",
  usage: "explain [CODE]",
  summary: "Explains a diagnostic code; without one, lists all of them.",
  options: [],
  run: async ({ positionals, io }) => {
    if (positionals.length > 1) throw new UsageError(`one code at a time, not ${positionals.length}`);
    const table = await codeTable();
    const [given] = positionals;
    if (given === undefined) {
      for (const [code, { title }] of table) io.out(`${code}  ${title}\n`);
      return exitCodes.ok;
    }
    const code = given.toUpperCase();
    const entry = table.get(code);
    if (entry === undefined) {
      const near = nearest(code, [...table.keys()]);
      throw new UsageError(`there is no code ${given}${near === undefined ? "" : `; did you mean ${near}?`}`);
    }
    io.out(`${code}: ${entry.title}\n\n${entry.explanation}\n`);
    if (entry.example !== undefined) io.out(`\nExample:\n\n${entry.example.replace(/^/gm, "  ")}\n`);
    return exitCodes.ok;
  },
};
