import type { InputNode, Shape } from "../model.ts";
import { type Call, commonParameters, OptionReader } from "../options.ts";
import { inputNode, usableSize } from "./weighted.ts";

/**
 * Data folding: every square of `factor` x `factor` pixels of the network input becomes channels of one pixel.
 * Changes the input itself, so it comes before anything else.
 */
export function foldInput(call: Call, input: number, factor: unknown): number {
  const reader = new OptionReader(call, {}, undefined);
  const n = reader.argument("factor", factor, 1);
  const node = inputNode(call, input);
  if (node.kind !== "input" || call.builder.hasConsumers(input) || node.fold !== 1) {
    call.builder.report("AI1005", "fold works on the unused network input only", call.captured, "call it first");
    return input;
  }
  const divides = n >= 1 && Number.isInteger(n) && node.shape.height % n === 0 && node.shape.width % n === 0;
  if (!divides) {
    const message = `fold ${n} does not divide ${node.shape.height}x${node.shape.width}`;
    call.builder.report("AI1006", message, call.captured, "choose a factor of both rows and columns");
    return input;
  }
  call.builder.foldInput(input, n, foldedShape(node, n));
  return input;
}

const foldedShape = ({ shape }: InputNode, factor: number): Shape => ({
  channels: shape.channels * factor * factor,
  height: shape.height / factor,
  width: shape.width / factor,
});

/** Reads the same pixels of every channel with other row and column counts. */
export function createReshape(call: Call, input: number, height: unknown, width: unknown, options: unknown): number {
  const reader = new OptionReader(call, commonParameters, options);
  const { shape } = inputNode(call, input);
  const rows = reader.argument("height", height, shape.height);
  const columns = width === undefined ? 1 : reader.argument("width", width, shape.width);
  return call.builder.add(
    {
      kind: "reshape",
      name: reader.text("name"),
      inputs: [input],
      shape: { channels: shape.channels, height: usableSize(rows), width: usableSize(columns) },
    },
    call.captured,
  );
}

/** Drops rows (or samples) at the start and at the end. */
export function createCrop(call: Call, input: number, start: unknown, end: unknown, options: unknown): number {
  const reader = new OptionReader(call, commonParameters, options);
  const { shape } = inputNode(call, input);
  const rows = [reader.argument("start", start, 0), end === undefined ? 0 : reader.argument("end", end, 0)] as const;
  return call.builder.add(
    {
      kind: "crop",
      name: reader.text("name"),
      inputs: [input],
      rows,
      shape: { ...shape, height: usableSize(shape.height - rows[0] - rows[1]) },
    },
    call.captured,
  );
}
