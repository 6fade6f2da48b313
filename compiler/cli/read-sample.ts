import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { Shape } from "../../dsl/model.ts";
import type { Sample } from "../passes/fold-input.ts";
import { readBytes } from "./read-input.ts";

/** The sample beside a model that is used when none is named; undefined when there is none. */
export const defaultSampleFile = (modelFile: string): string | undefined =>
  ["sample.npy", "sample.json"].map((name) => join(dirname(modelFile), name)).find((file) => existsSync(file));

/** Reads one network input: `.npy`, or `.json` with nested arrays; [channels][rows][columns] or [channels][length]. */
export async function readSample(path: string): Promise<{ sample?: Sample; diagnostics: readonly Diagnostic[] }> {
  const file = readBytes(path, "the sample");
  if (file.bytes === undefined) return { diagnostics: file.diagnostics };
  if (/\.json$/i.test(path)) return fromJson(file.bytes, path);
  if (!/\.npy$/i.test(path)) {
    return { diagnostics: [problem("AI6008", `${path} is no kind of sample that is known`, "give .npy or .json")] };
  }
  const { readNpyRecords } = await import("../import/npy.ts");
  const { records, diagnostics } = readNpyRecords(file.bytes, path);
  if (records === undefined) return { diagnostics };
  const [record] = records;
  if (record === undefined) return { diagnostics: [problem("AI6007", `${path} is empty`, shapeHint)] };
  if (records.length > 1) {
    return { diagnostics: [problem("AI6007", `${path} holds ${records.length} arrays, not one`, shapeHint)] };
  }
  return toSample(record.shape, record.data, path);
}

const shapeHint = "give one input: integers from -128 to 127, channels first";

/** [channels][length] and [channels][rows][columns]. */
const ranks: readonly number[] = [2, 3];

const problem = (code: string, message: string, hint: string): Diagnostic => ({
  code,
  severity: "error",
  message,
  hint,
});

function fromJson(bytes: Uint8Array, path: string) {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    return { diagnostics: [problem("AI6007", `${path} is not JSON: ${(error as Error).message}`, shapeHint)] };
  }
  const shape: number[] = [];
  for (let level = value; Array.isArray(level); level = level[0]) shape.push(level.length);
  if (!ranks.includes(shape.length)) return toSample(shape, [], path);
  const data = flatten(value, shape);
  if (data === undefined)
    return { diagnostics: [problem("AI6007", `${path} is no regular array of numbers`, shapeHint)] };
  return toSample(shape, data, path);
}

/** The numbers of a nested array, or undefined when its parts differ in length or are no numbers. */
function flatten(value: unknown, shape: readonly number[]): number[] | undefined {
  const [length, ...rest] = shape;
  if (length === undefined) return typeof value === "number" ? [value] : undefined;
  if (!Array.isArray(value) || value.length !== length) return undefined;
  const parts = value.map((part) => flatten(part, rest));
  return parts.some((part) => part === undefined) ? undefined : (parts as number[][]).flat();
}

function toSample(shape: readonly number[], data: ArrayLike<number>, path: string) {
  const sizes: Shape | undefined =
    shape.length === 3
      ? { channels: shape[0]!, height: shape[1]!, width: shape[2]! }
      : shape.length === 2
        ? { channels: shape[0]!, height: shape[1]!, width: 1 }
        : undefined;
  if (sizes === undefined) {
    return { diagnostics: [problem("AI6007", `${path} has ${shape.length} dimensions, not 2 or 3`, shapeHint)] };
  }
  for (let index = 0; index < data.length; index++) {
    const number = data[index]!;
    if (!Number.isInteger(number) || number < -128 || number > 127) {
      return { diagnostics: [problem("AI6007", `${path} holds ${number} at element ${index}`, shapeHint)] };
    }
  }
  return { sample: { shape: sizes, data: Int8Array.from(data) }, diagnostics: [] };
}
