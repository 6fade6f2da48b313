import { CodeBlockWriter } from "ts-morph";
import { lineWidth, type ModelSource } from "./model-source.ts";
import { entriesOf } from "./model-source-calls.ts";
import { settingLines } from "./model-source-sequence.ts";
import { chainsOf, sourceBody, type SourceBody, type SourceFunction } from "./model-source-statements.ts";
import { writeModelFunction, writeStatements } from "./model-source-write.ts";

/** The text of a model file. `remark` says where the model comes from. */
export function printModelSource(source: ModelSource, remark: string): string {
  const writer = new CodeBlockWriter({ indentNumberOfSpaces: 2 });
  const body = sourceBody(source.layers);
  writer.writeLine(`import { ${importsOf(source, body).join(", ")} } from "ai8xc";`);
  for (const definition of body.functions) {
    writer.newLine();
    writeFunction(writer, definition);
  }
  writer.newLine().writeLine(`/** ${remark.replaceAll("*/", "* /")} */`);
  writeModel(writer, source, body);
  return writer.newLineIfLastNot().toString();
}

function importsOf({ layers }: ModelSource, { functions, statements }: SourceBody): string[] {
  const joins = new Set(layers.flatMap(({ join }) => join ?? []));
  const loosens = functions.length > 0 || statements.some(({ kind }) => kind === "loop");
  return [...joins, "defineModel", ...(loosens ? ["type AnyTensor"] : [])].toSorted();
}

function writeFunction(writer: CodeBlockWriter, { name, parameters, layers, variables }: SourceFunction): void {
  const list = parameters.map((parameter) => `${parameter.name}: ${parameter.type}`).join(", ");
  writer.writeLine(`function ${name}(${list}) {`).indent(() => {
    const [result] = layers.slice(-1);
    const statements = chainsOf(layers, layers).map((chain) => ({ kind: "chain", layers: chain }) as const);
    writeStatements(writer, statements, variables, result === undefined ? [] : [result]);
  });
  writer.writeLine("}");
}

function writeModel(writer: CodeBlockWriter, source: ModelSource, body: SourceBody): void {
  const { name, device, input, options, order } = source;
  writer.writeLine("export default defineModel(").indent(() => {
    writer.writeLine("{").indent(() => {
      writer.writeLine(`name: ${JSON.stringify(name)},`);
      writer.writeLine(`device: ${JSON.stringify(device)},`);
      writer.writeLine(`input: { shape: [${input.shape.join(", ")}], format: ${JSON.stringify(input.format)} },`);
      if (options.fifo !== "none") writer.writeLine(`fifo: ${JSON.stringify(options.fifo)},`);
      if (options.averagePoolRounding) writer.writeLine("averagePoolRounding: true,");
      for (const [key, value] of Object.entries(order)) {
        const indent = 2 * writer.getIndentationLevel();
        for (const line of settingLines(key, value, indent, lineWidth)) writer.writeLine(line);
      }
    });
    writer.writeLine("},");
    writeModelFunction(writer, body.statements, body.variables);
    writePins(writer, source);
  });
  writer.write(");");
}

/** Where every layer lies, by its name, behind the network that says what it computes. */
function writePins(writer: CodeBlockWriter, { layers }: ModelSource): void {
  if (layers.every(({ pins }) => pins === null)) return;
  writer.writeLine("// Layers, processors and memory as described; the compiler chooses what is left out.");
  writer.writeLine("{").indent(() => {
    for (const { name, pins } of layers) if (pins !== null) writeEntry(writer, name, entriesOf(pins));
  });
  writer.writeLine("},");
}

function writeEntry(writer: CodeBlockWriter, name: string, entries: readonly string[]): void {
  const text = `${name}: { ${entries.join(", ")} },`;
  if (2 * writer.getIndentationLevel() + text.length <= lineWidth) return void writer.writeLine(text);
  writer.writeLine(`${name}: {`).indent(() => {
    for (const entry of entries) writer.writeLine(`${entry},`);
  });
  writer.writeLine("},");
}
