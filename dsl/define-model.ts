import type { DeviceName } from "../targets/accelerator/device.ts";
import { devices as knownDevices } from "../targets/index.ts";
import { GraphBuilder } from "./builder.ts";
import type { Diagnostic } from "./diagnostic.ts";
import { fifoKinds, type Model, type Pins, type Shape } from "./model.ts";
import type { Call } from "./options.ts";
import { SequenceReader } from "./sequence.ts";
import { captureSource, decodeSource } from "./source-location.ts";
import { TensorHandle } from "./tensor-handle.ts";

/** Problems travel with the model, unseen by JSON; shared by all copies of this package in one process. */
const problemsKey: unique symbol = Symbol.for("ai8xc.model.problems");

/** A model made by `defineModel`. */
export interface DefinedModel extends Model {
  readonly [problemsKey]: readonly Diagnostic[];
}

/** Mistakes made while a model was built, which its graph alone does not show. */
export function buildProblems(model: Model): readonly Diagnostic[] {
  return isModel(model) ? model[problemsKey] : [];
}

/** True for values made by `defineModel`. */
export const isModel = (value: unknown): value is DefinedModel =>
  typeof value === "object" && value !== null && problemsKey in value;

interface LooseOptions {
  readonly name: unknown;
  readonly device: unknown;
  readonly input: { readonly shape: unknown; readonly format: unknown };
  readonly fifo?: unknown;
  readonly averagePoolRounding?: unknown;
  readonly sequence?: unknown;
  readonly snoop?: unknown;
  readonly unload?: unknown;
}

/** Runs the user's function on the network input and collects the graph. See `index.ts` for the typed face. */
export function buildModel(
  options: LooseOptions,
  build: (input: TensorHandle) => unknown,
  caller: (...args: never[]) => unknown,
  pins?: unknown,
): DefinedModel {
  const builder = new GraphBuilder();
  const call: Call = { builder, operator: "defineModel", captured: captureSource(caller) };
  const devices = readDevices(call, options.device);
  const input = addInput(call, options.input);
  const result = build(new TensorHandle(builder, input));
  readPins(call, pins);
  const outputs = readOutputs(call, result);
  const graph = builder.finish(readName(call, options.name), devices, outputs);
  const model = { ...graph, ...readSwitches(call, options), ...readOrder(call, options) };
  Object.defineProperty(model, problemsKey, { value: builder.problems() });
  return Object.freeze(model) as DefinedModel;
}

/** What the model says about the order of execution, and what is read out. */
function readOrder(call: Call, { sequence, snoop, unload }: LooseOptions): Partial<Model> {
  const reader = new SequenceReader(call);
  const read = { sequence: reader.sequence(sequence), snoop: reader.snoop(snoop), unload: reader.unload(unload) };
  const given = Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined));
  const source = Object.keys(given).length === 0 ? undefined : decodeSource(call.captured);
  return source === undefined ? given : { ...given, source };
}

function readName(call: Call, name: unknown): string {
  if (typeof name === "string" && name !== "") return name;
  call.builder.report("AI1002", "name of defineModel must be a text", call.captured);
  return "model";
}

function readDevices(call: Call, given: unknown): readonly DeviceName[] {
  const names: readonly unknown[] = Array.isArray(given) ? given : [given];
  const known = Object.keys(knownDevices) as DeviceName[];
  const unknown = names.filter((name) => !known.includes(name as DeviceName));
  for (const name of unknown) {
    call.builder.report("AI1008", `there is no device ${String(name)}; use ${known.join(" or ")}`, call.captured);
  }
  if (names.length === 0) call.builder.report("AI1008", `name a device: ${known.join(" or ")}`, call.captured);
  return known.filter((name) => names.includes(name));
}

/** Options of the whole network, where they are not the default. */
function readSwitches(call: Call, { fifo, averagePoolRounding }: LooseOptions): Partial<Model> {
  const kind = fifoKinds.find((known) => known === fifo);
  if (fifo !== undefined && kind === undefined) {
    const known = fifoKinds.map((name) => `"${name}"`).join(", ");
    call.builder.report("AI1002", `fifo must be one of ${known}; got ${String(fifo)}`, call.captured);
  }
  if (averagePoolRounding !== undefined && typeof averagePoolRounding !== "boolean") {
    const message = `averagePoolRounding must be true or false, got ${String(averagePoolRounding)}`;
    call.builder.report("AI1002", message, call.captured);
  }
  return {
    ...(kind === undefined || kind === "none" ? {} : { fifo: kind }),
    ...(averagePoolRounding === true ? { averagePoolRounding } : {}),
  };
}

function addInput(call: Call, input: LooseOptions["input"] | undefined): number {
  const { shape, oneDimensional } = readInputShape(call, input?.shape);
  const format = input?.format;
  if (format !== "CHW" && format !== "HWC") {
    call.builder.report("AI1002", `format of input must be "CHW" or "HWC", got ${String(format)}`, call.captured);
  }
  return call.builder.add(
    {
      kind: "input",
      name: undefined,
      inputs: [],
      shape,
      format: format === "CHW" ? "CHW" : "HWC",
      fold: 1,
      oneDimensional,
    },
    call.captured,
  );
}

function readInputShape(call: Call, given: unknown): { shape: Shape; oneDimensional: boolean } {
  const sizes: readonly unknown[] = Array.isArray(given) ? given : [];
  const valid = sizes.every((size) => Number.isInteger(size) && (size as number) > 0);
  if (!valid || sizes.length < 2 || sizes.length > 3) {
    const expected = "[channels, height, width] or [channels, length], positive whole numbers";
    const message = `shape of input must be ${expected}; got ${JSON.stringify(given) ?? "nothing"}`;
    call.builder.report("AI1009", message, call.captured);
    return { shape: { channels: 1, height: 1, width: 1 }, oneDimensional: false };
  }
  const [channels, height, width] = sizes as [number, number, number?];
  return { shape: { channels, height, width: width ?? 1 }, oneDimensional: width === undefined };
}

function readPins(call: Call, given: unknown): void {
  if (given === undefined) return;
  const isTable = (value: unknown) => typeof value === "object" && value !== null && !Array.isArray(value);
  if (isTable(given) && Object.values(given as object).every(isTable)) {
    call.builder.pinByName(given as Readonly<Record<string, Pins>>, call.captured);
  } else call.builder.report("AI1002", "pins of defineModel must be an object of pins by operator name", call.captured);
}

function readOutputs(call: Call, result: unknown): readonly number[] {
  const results: readonly unknown[] = Array.isArray(result) ? result : [result];
  if (results.length === 0) call.builder.report("AI1010", "the model returns nothing", call.captured);
  return results.flatMap((output) => {
    if (output instanceof TensorHandle && output.builder === call.builder) return [output.id];
    call.builder.report("AI1010", "the model must return a tensor, or an array of tensors, of its own", call.captured);
    return [];
  });
}
