import { type CodeBlockWriter, IndentationText, Project } from "ts-morph";
import type { TensorSource } from "../../runtime/reference/layer.ts";
import type { ModelSource, SourceCall, SourceLayer } from "./model-source.ts";

/** Calls that stand on the line of what they are called on, when the line has room for them. */
const callsPerLine = 2;
const lineWidth = 120;

/** The text of a model file. `remark` says where the model comes from. */
export function printModelSource(source: ModelSource, remark: string): string {
  const project = new Project({
    useInMemoryFileSystem: true,
    manipulationSettings: { indentationText: IndentationText.TwoSpaces },
  });
  const file = project.createSourceFile("model.ts");
  const joins = new Set(source.layers.flatMap(({ join }) => join ?? []));
  file.addImportDeclaration({ moduleSpecifier: "ai8xc", namedImports: [...joins, "defineModel"].toSorted() });
  file.addStatements((writer) => {
    writer.newLine().writeLine(`/** ${remark.replaceAll("*/", "* /")} */`);
    writeModel(writer, source);
  });
  return file.getFullText();
}

function writeModel(writer: CodeBlockWriter, { name, device, input, options, layers }: ModelSource): void {
  writer.writeLine("export default defineModel(").indent(() => {
    writer.writeLine("{").indent(() => {
      writer.writeLine(`name: ${JSON.stringify(name)},`);
      writer.writeLine(`device: ${JSON.stringify(device)},`);
      writer.writeLine(`input: { shape: [${input.shape.join(", ")}], format: ${JSON.stringify(input.format)} },`);
      if (options.fifo !== "none") writer.writeLine(`fifo: ${JSON.stringify(options.fifo)},`);
      if (options.averagePoolRounding) writer.writeLine("averagePoolRounding: true,");
    });
    writer.writeLine("},");
    writeBody(writer, layers);
  });
  writer.write(");");
}

/** Layers whose results are used once, by the next layer alone, become one chain of calls. */
function writeBody(writer: CodeBlockWriter, layers: readonly SourceLayer[]): void {
  const chains = chainsOf(layers);
  const outputs = layers.filter(({ isOutput }) => isOutput).map(({ name }) => name);
  const [only] = chains;
  if (chains.length === 1 && only !== undefined && outputs.length === 1) {
    const single = singleLine("(x) => ", only, layers, ",");
    if (single !== null) return void writer.writeLine(single);
    writer.writeLine("(x) =>");
    return void writer.indent(() => writeChain(writer, "", only, layers, ","));
  }
  writer.writeLine("(x) => {").indent(() => {
    const results = chains.map((chain) => chain.at(-1)?.name);
    const returned = outputs.length === 1 && outputs[0] === results.at(-1);
    for (const [i, chain] of chains.entries()) {
      const opening = returned && i === chains.length - 1 ? "return " : `const ${results[i]} = `;
      writeChain(writer, opening, chain, layers, ";");
    }
    if (!returned) writer.writeLine(`return ${outputs.length === 1 ? outputs[0] : `[${outputs.join(", ")}]`};`);
  });
  writer.writeLine("},");
}

function chainsOf(layers: readonly SourceLayer[]): SourceLayer[][] {
  const uses = new Map<TensorSource, number>();
  for (const source of layers.flatMap((layer) => layer.sources)) uses.set(source, (uses.get(source) ?? 0) + 1);
  const chains: SourceLayer[][] = [];
  for (const layer of layers) {
    const chain = chains.at(-1);
    const previous = chain?.at(-1);
    const continues =
      chain !== undefined &&
      previous !== undefined &&
      !previous.isOutput &&
      uses.get(previous.index) === 1 &&
      layer.join === null &&
      layer.sources.length === 1 &&
      layer.sources[0] === previous.index;
    if (continues) chain.push(layer);
    else chains.push([layer]);
  }
  return chains;
}

/** One statement: on one line when it is short, else with one call per line. */
function writeChain(
  writer: CodeBlockWriter,
  opening: string,
  chain: readonly SourceLayer[],
  layers: readonly SourceLayer[],
  closing: string,
): void {
  const single = singleLine(opening, chain, layers, closing);
  if (single !== null && room(writer) >= single.length) return void writer.writeLine(single);
  const calls = chain.flatMap(({ after }) => after);
  writeStart(writer, opening, chain[0], layers);
  writer.indent(() => {
    for (const [i, call] of calls.entries()) writeCall(writer, call, i === calls.length - 1 ? closing : "");
  });
}

function writeStart(
  writer: CodeBlockWriter,
  opening: string,
  first: SourceLayer | undefined,
  layers: readonly SourceLayer[],
): void {
  const text = `${opening}${startText(first, layers)}`;
  if (!first?.join || room(writer) >= text.length) return void writer.writeLine(text);
  writer.writeLine(`${opening}${first.join}(`).indent(() => {
    for (const operand of operandTexts(first, layers)) writer.writeLine(`${operand},`);
  });
  writer.writeLine(")");
}

const room = (writer: CodeBlockWriter): number => lineWidth - 2 * writer.getIndentationLevel();

function singleLine(
  opening: string,
  chain: readonly SourceLayer[],
  layers: readonly SourceLayer[],
  closing: string,
): string | null {
  const calls = chain.flatMap(({ after }) => after);
  const text = `${opening}${startText(chain[0], layers)}${calls.map(callText).join("")}${closing}`;
  // The spread operands of a joining function count as much as a call.
  const counted = calls.length + ((chain[0]?.parts ?? 1) > 1 ? 1 : 0);
  return counted <= callsPerLine && text.length <= lineWidth ? text : null;
}

function startText(first: SourceLayer | undefined, layers: readonly SourceLayer[]): string {
  if (first === undefined) return "x";
  const operands = operandTexts(first, layers);
  return first.join === null ? operands.join("") : `${first.join}(${operands.join(", ")})`;
}

function operandTexts({ sources, before, parts }: SourceLayer, layers: readonly SourceLayer[]): string[] {
  const texts = sources.map((source) => `${nameOf(source, layers)}${before.map(callText).join("")}`);
  return parts > 1 ? texts.map((text) => `...${text}.split(${parts})`) : texts;
}

const nameOf = (source: TensorSource, layers: readonly SourceLayer[]): string =>
  source === "input" ? "x" : (layers.find(({ index }) => index === source)?.name ?? "x");

function writeCall(writer: CodeBlockWriter, call: SourceCall, closing: string): void {
  const text = callText(call);
  if (room(writer) >= text.length + closing.length) return void writer.writeLine(`${text}${closing}`);
  const argument = call.argument === null ? "" : `${call.argument}, `;
  writer.writeLine(`.${call.method}(${argument}{`).indent(() => {
    for (const entry of entriesOf(call)) writer.writeLine(`${entry},`);
  });
  writer.writeLine(`})${closing}`);
}

const entriesOf = ({ options }: SourceCall): string[] =>
  Object.entries(options).map(([key, value]) => `${key}: ${value}`);

function callText(call: SourceCall): string {
  const entries = entriesOf(call);
  const object = entries.length === 0 ? [] : [`{ ${entries.join(", ")} }`];
  return `.${call.method}(${[...(call.argument === null ? [] : [call.argument]), ...object].join(", ")})`;
}
