import type { CodeBlockWriter } from "ts-morph";
import type { TensorSource } from "../../runtime/reference/layer.ts";
import { lineWidth, type SourceCall, type SourceLayer } from "./model-source.ts";
import { callText, entriesOf } from "./model-source-calls.ts";
import { numbersOf, withArguments } from "./model-source-repeats.ts";
import { lastOf, type SourceStatement } from "./model-source-statements.ts";

/** Calls that stand on one line when it has room for them, whatever their arguments are. */
const callsPerLine = 2;

/** What layers read is called in the text. */
type Variables = ReadonlyMap<TensorSource, string>;
type Chain = Extract<SourceStatement, { readonly kind: "chain" }>;
type Loop = Extract<SourceStatement, { readonly kind: "loop" }>;

const room = (writer: CodeBlockWriter): number => lineWidth - 2 * writer.getIndentationLevel();

/** The function of a model: an expression where a single chain of calls says all. */
export function writeModelFunction(
  writer: CodeBlockWriter,
  statements: readonly SourceStatement[],
  variables: Variables,
): void {
  const outputs = outputsOf(statements);
  const [only] = statements;
  if (statements.length === 1 && only?.kind === "chain" && outputs.length === 1) {
    const single = singleLine("(x) => ", only, variables, ",");
    if (single !== null && room(writer) >= single.length) return void writer.writeLine(single);
    writer.writeLine("(x) =>");
    return void writer.indent(() => writeChain(writer, "", only, variables, ","));
  }
  writer.writeLine("(x) => {").indent(() => writeStatements(writer, statements, variables, outputs));
  writer.writeLine("},");
}

/** Layers whose results are read out, in order. */
const outputsOf = (statements: readonly SourceStatement[]): SourceLayer[] =>
  statements.flatMap((statement) =>
    (statement.kind === "use" ? [statement.layer] : statement.layers).filter(({ isOutput }) => isOutput),
  );

/** Statements that make the results, the last of which returns them. */
export function writeStatements(
  writer: CodeBlockWriter,
  statements: readonly SourceStatement[],
  variables: Variables,
  results: readonly SourceLayer[],
): void {
  const last = statements.at(-1);
  const returned = results.length === 1 && last !== undefined && last.kind !== "loop" && lastOf(last) === results[0];
  for (const statement of statements) {
    const variable = variables.get(lastOf(statement).index);
    const kept = variable === undefined ? "" : `const ${variable} = `;
    const opening = returned && statement === last ? "return " : kept;
    if (statement.kind === "chain") writeChain(writer, opening, statement, variables, ";");
    else if (statement.kind === "loop") writeLoop(writer, statement, variables);
    else writeUse(writer, opening, statement);
  }
  const names = results.map(({ index }) => variables.get(index));
  if (!returned) writer.writeLine(`return ${names.length === 1 ? names[0] : `[${names.join(", ")}]`};`);
}

/** The shape is told, since the function that makes the tensor leaves it open. */
function writeUse(writer: CodeBlockWriter, opening: string, use: Extract<SourceStatement, { kind: "use" }>): void {
  writer.writeLine(`${opening}${use.callee}(${use.arguments.join(", ")}); // ${shapeText(use.layer)}`);
}

function writeLoop(writer: CodeBlockWriter, { loop, layers }: Loop, variables: Variables): void {
  const [first, last] = [layers[0] as SourceLayer, layers.at(-1) as SourceLayer];
  const variable = variables.get(last.index) as string;
  const counter = variable === "n" ? "i" : "n";
  const name = `\`${loop.prefix}\${${counter}}\``;
  const body = { ...withArguments(first, numbersOf(first), name), join: null, before: [] };
  const inside = new Map(first.sources.map((source) => [source, variable] as const));
  writer.writeLine(`let ${variable}: AnyTensor = ${startText(first, variables)};`);
  writer.writeLine(
    `for (let ${counter} = ${loop.first}; ${counter} <= ${loop.first + loop.count - 1}; ${counter}++) {`,
  );
  writer.indent(() => writeChain(writer, `${variable} = `, { kind: "chain", layers: [body] }, inside, ";"));
  writer.writeLine(`} // ${shapeText(last)}`);
}

const shapeText = ({ shape: { channels, height, width } }: SourceLayer): string => `${channels}x${height}x${width}`;

/** One statement: on one line when it is short, else with one call per line. */
function writeChain(
  writer: CodeBlockWriter,
  opening: string,
  chain: Chain,
  variables: Variables,
  closing: string,
): void {
  const single = singleLine(opening, chain, variables, closing);
  if (single !== null && room(writer) >= single.length) return void writer.writeLine(single);
  const calls = chain.layers.flatMap(({ after }) => after);
  const [only] = calls;
  const start = `${opening}${startText(chain.layers[0], variables)}`;
  if (calls.length === 1 && only !== undefined && room(writer) >= start.length + only.method.length) {
    return writeCall(writer, only, closing, start);
  }
  writeStart(writer, opening, chain.layers[0], variables);
  writer.indent(() => {
    for (const [i, call] of calls.entries()) writeCall(writer, call, i === calls.length - 1 ? closing : "");
  });
}

function writeStart(
  writer: CodeBlockWriter,
  opening: string,
  first: SourceLayer | undefined,
  variables: Variables,
): void {
  const text = `${opening}${startText(first, variables)}`;
  if (!first?.join || room(writer) >= text.length) return void writer.writeLine(text);
  writer.writeLine(`${opening}${first.join}(`).indent(() => {
    for (const operand of operandTexts(first, variables)) writer.writeLine(`${operand},`);
  });
  writer.writeLine(")");
}

function singleLine(opening: string, { layers }: Chain, variables: Variables, closing: string): string | null {
  const calls = layers.flatMap(({ after }) => after);
  const start = startText(layers[0], variables);
  const counted = calls.length + (layers[0]?.join == null ? 0 : 1);
  const text = `${start}${calls.map(callText).join("")}`;
  // Formatters give more calls lines of their own as soon as one has an argument with parts.
  const line = counted <= callsPerLine || !/[[`]|\.\.\./.test(text);
  return line ? `${opening}${text}${closing}` : null;
}

function startText(first: SourceLayer | undefined, variables: Variables): string {
  if (first === undefined) return "x";
  const operands = operandTexts(first, variables);
  return first.join === null ? operands.join("") : `${first.join}(${operands.join(", ")})`;
}

function operandTexts({ sources, select = [], before, parts }: SourceLayer, variables: Variables): string[] {
  const calls = (i: number): string => [...(select[i] ?? []), ...before].map(callText).join("");
  const texts = sources.map((source, i) => `${variables.get(source)}${calls(i)}`);
  return parts > 1 ? texts.map((text) => `...${text}.split(${parts})`) : texts;
}

/** A call behind what it is called on, its options on lines of their own where they do not fit. */
function writeCall(writer: CodeBlockWriter, call: SourceCall, closing: string, start = ""): void {
  const text = `${start}${callText(call)}`;
  if (room(writer) >= text.length + closing.length) return void writer.writeLine(`${text}${closing}`);
  const argument = call.argument === null ? "" : `${call.argument}, `;
  writer.writeLine(`${start}.${call.method}(${argument}{`).indent(() => {
    for (const entry of entriesOf(call.options)) writer.writeLine(`${entry},`);
  });
  writer.writeLine(`})${closing}`);
}
