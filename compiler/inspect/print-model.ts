import type { Model, ModelNode } from "../../dsl/model.ts";

/** The graph as text: one line per operator, with shapes, inputs and parameters. */
export function printModel(model: Model): string {
  const rows = model.nodes.map((node) => [
    `${node.name}${model.outputs.includes(node.id) ? " (output)" : ""}`,
    node.kind,
    `${node.shape.channels}x${node.shape.height}x${node.shape.width}`,
    node.inputs.map((id) => model.nodes[id]?.name ?? "?").join(", "),
    parameters(node),
  ]);
  const widths = [0, 1, 2, 3].map((column) => Math.max(0, ...rows.map((row) => row[column]!.length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  const { sequence, snoop, unload } = model;
  const settings = Object.entries({ sequence, snoop, unload }).filter(([, value]) => value !== undefined);
  const order = settings.map(([name, value]) => `${name} ${JSON.stringify(value, plainMask)}`);
  return [`model ${model.name} for ${model.devices.join(", ")}`, ...lines, ...order, ""].join("\n");
}

const plainMask = (_: string, value: unknown): unknown =>
  typeof value === "bigint" ? `0x${value.toString(16)}` : value;

const common = new Set(["id", "name", "kind", "inputs", "shape", "source"]);

/** Everything else an operator says, in the order of its type. */
const parameters = (node: ModelNode): string =>
  Object.entries(node)
    .filter(([key, value]) => !common.has(key) && value !== null && value !== false && value !== undefined)
    .map(([key, value]) => (value === true ? key : `${key}=${text(value)}`))
    .join(" ");

const text = (value: unknown): string =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? `{${Object.entries(value)
        .map(([key, part]) => `${key}=${typeof part === "bigint" ? `0x${part.toString(16)}` : String(part)}`)
        .join(" ")}}`
    : String(value);
