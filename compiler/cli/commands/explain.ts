import { codeTable } from "../codes.ts";
import { exitCodes, nearest, UsageError, type CommandSpec } from "../options.ts";

export const explainCommand: CommandSpec = {
  name: "explain",
  usage: "explain [CODE or RULE]",
  summary: "Explains a diagnostic code or a rule such as CONV-01; without one, lists all codes.",
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
    const { deviceRules } = await import("../rules.ts");
    const named = deviceRules[code];
    if (named !== undefined) {
      io.out(`${code}: ${named.rule}\n\n`);
      for (const reported of named.codes) io.out(`${reported}  ${table.get(reported)?.title ?? ""}\n`);
      return exitCodes.ok;
    }
    const entry = table.get(code);
    if (entry === undefined) {
      const near = nearest(code, [...table.keys(), ...Object.keys(deviceRules)]);
      throw new UsageError(`there is no code ${given}${near === undefined ? "" : `; did you mean ${near}?`}`);
    }
    io.out(`${code}: ${entry.title}\n\n${entry.explanation}\n`);
    if (entry.example !== undefined) io.out(`\nExample:\n\n${entry.example.replace(/^/gm, "  ")}\n`);
    const rules = Object.entries(deviceRules).filter(([, { codes }]) => codes.includes(code));
    if (rules.length > 0)
      io.out(`\nIt reports:\n\n${rules.map(([name, { rule }]) => `  ${name}  ${rule}\n`).join("")}`);
    return exitCodes.ok;
  },
};
