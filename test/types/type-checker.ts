import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Project, ts } from "ts-morph";

/** Type errors of generated files, as TypeScript 6 (inside ts-morph) and 7 (the `tsc` of this project) report them. */
export interface TypeError {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** All lines of the message. */
  readonly text: string;
}

const root = resolve(import.meta.dirname, "../..");
export const dslPath = join(root, "dsl");

/** Writes files and a tsconfig.json like ours into a new temporary folder; returns the folder. */
export function writeFixtures(files: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(tmpdir(), "ai8xc-type-fixtures-"));
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const tsconfig = {
    extends: join(root, "tsconfig.json"),
    compilerOptions: { typeRoots: [join(root, "node_modules/@types")] },
    include: [],
    files: Object.keys(files).map((name) => join(folder, name)),
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(tsconfig));
  return folder;
}

export interface OldProgram {
  readonly version: string;
  readonly errors: readonly TypeError[];
  /** Instantiations that checking the file took. */
  readonly instantiations: (file: string) => number;
}

/** Checks with the TypeScript 6 that ts-morph carries. Files are checked in the order of `tsconfig.json`. */
export function checkWithTypeScript6(folder: string): OldProgram {
  const project = new Project({ tsConfigFilePath: join(folder, "tsconfig.json") });
  const program = project.getProgram().compilerObject;
  const costs = new Map<string, number>();
  const errors = program.getRootFileNames().flatMap((name) => {
    const before = program.getInstantiationCount();
    const found = program.getSemanticDiagnostics(program.getSourceFile(name));
    costs.set(nameIn(folder, name), program.getInstantiationCount() - before);
    return found.map((diagnostic) => oldError(folder, diagnostic));
  });
  return {
    version: ts.version,
    errors,
    instantiations: (file) => costs.get(file) ?? Number.NaN,
  };
}

function oldError(folder: string, diagnostic: ts.Diagnostic): TypeError {
  const file = diagnostic.file as ts.SourceFile;
  const { line, character } = file.getLineAndCharacterOfPosition(diagnostic.start as number);
  const text = ts.flattenDiagnosticMessageText(diagnostic.messageText, "\n");
  return { file: nameIn(folder, file.fileName), line: line + 1, column: character + 1, text };
}

/** Checks with the native TypeScript 7, as a child process. */
export function checkWithTypeScript7(folder: string): Promise<readonly TypeError[]> {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const options = ["-p", join(folder, "tsconfig.json"), "--noEmit", "--pretty", "false"];
  return new Promise((done) => {
    execFile(process.execPath, [tsc, ...options], { cwd: folder, maxBuffer: 1 << 26 }, (_, output) =>
      done(parseOutput(output)),
    );
  });
}

/** `file(line,column): error TS1234: text`, with further lines of the text indented. */
function parseOutput(output: string): TypeError[] {
  const errors: { file: string; line: number; column: number; text: string }[] = [];
  for (const line of output.split("\n")) {
    const match = /^(.+?)\((\d+),(\d+)\): error TS\d+: (.*)$/.exec(line);
    if (match !== null) {
      const [, file = "", row, column, text = ""] = match;
      errors.push({ file: file.split("/").at(-1) as string, line: Number(row), column: Number(column), text });
    } else if (errors.length > 0 && line !== "") (errors.at(-1) as { text: string }).text += `\n${line}`;
  }
  return errors;
}

const nameIn = (folder: string, path: string): string =>
  path.startsWith(folder) ? path.slice(folder.length + 1) : path;

/** The sentence we wrote, without TypeScript's frame around it; the whole text when there is none. */
export function sentenceOf({ text }: TypeError): string {
  const literal = /(?:type '|Unavailable<)"([^"]*)"/.exec(text);
  return literal?.[1] ?? text;
}
