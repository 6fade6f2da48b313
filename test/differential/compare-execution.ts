import type { Model, ModelNode } from "../../dsl/model.ts";
import type { SnoopUnit, Unload } from "../../dsl/sequence.ts";
import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Program } from "../../targets/accelerator/program.ts";
import { snoopFields } from "../../targets/accelerator/snoop.ts";
import { unloadResult } from "../../targets/emit/index.ts";
import { infer, type LayerExecution, prepare, type Machine } from "../../runtime/simulator/index.ts";
import type { Network } from "../../compiler/ir/network.ts";
import { delivery, differences } from "./compare-values.ts";
import { memoryAddress, unpackTensor } from "./data-memory.ts";

/** A model with its program, and the values of the results that its read-out list names. */
export interface Executed {
  readonly model: Model;
  readonly network: Network;
  readonly program: Program;
  readonly device: DeviceSpec;
  /** Register sets of the layers. */
  readonly sets: readonly number[];
  readonly valuesOf: (tensor: string) => ArrayLike<number>;
}

/**
 * Where a program does otherwise than the model says beyond its operators: layers that run in another order or not at
 * all, snoop units that saw something else, a read-out list with other values. One line for each.
 */
export function compareExecution(given: Executed): string[] {
  const { model, program, device } = given;
  if (model.sequence === undefined && model.snoop === undefined && model.unload === undefined) return [];
  const machine = prepare(program);
  const runs: { readonly layer: number; readonly written: LayerExecution["written"] }[] = [];
  machine.onLayer = ({ layer, written }) => runs.push({ layer, written });
  infer(machine, program);
  const order = runs.map(({ layer }) => given.sets.indexOf(layer)).filter((index) => index >= 0);
  const read = (address: number): number => machine.read32(address);
  return [
    ...machine.undecided,
    ...compareOrder(order, given),
    ...compareUnits(machine, runs, given),
    ...(model.unload === undefined
      ? []
      : differences(
          "the read-out list",
          unloadResult(program, device, read),
          Uint32Array.from(model.unload.flatMap((item) => wordsOf(item, given, read))),
        )),
  ];
}

/** Names in the order in which the model says that they run; null where it says nothing. */
function statedOrder({ sequence = {} }: Model): readonly string[] | null {
  const { start, next, simulated } = sequence;
  if (simulated !== undefined) return simulated;
  if (start === undefined || next === undefined) return null;
  const names: string[] = [];
  for (let name: string | undefined = start; name !== undefined && name !== "stop"; name = next[name]) names.push(name);
  return names;
}

function compareOrder(order: readonly number[], { model, network }: Executed): string[] {
  const stated = statedOrder(model);
  const isWhole = model.sequence?.simulated === undefined;
  const count = isWhole ? network.layers.length : (stated?.length ?? 0);
  const ran = order.map((index) => network.layers[index]?.origins.map(({ name }) => name) ?? []);
  const text = ran.map((names) => names.join("/")).join(" ");
  if (order.length !== count) return [`${order.length} layers run, not ${count}: ${text}`];
  const places = (stated ?? []).map((name) => ran.findIndex((names) => names.includes(name)));
  const inOrder = places.every((place, at) => place > (places[at - 1] ?? -1));
  return inOrder ? [] : [`layers run as ${text}, not as ${stated?.join(" ")}`];
}

type Runs = readonly { readonly layer: number; readonly written: LayerExecution["written"] }[];

function compareUnits(machine: Machine, runs: Runs, { model, network, device }: Executed): string[] {
  const { snoop } = model;
  if (snoop === undefined) return [];
  const units = [snoop.unit1, snoop.unit2];
  const given = units.flatMap((unit) => snoopFields.map((field) => unit?.[field] ?? 0));
  const kept = network.sequence?.snoop?.slice(0, given.length) ?? [];
  return [
    ...(kept.join() === given.join() ? [] : [`the units get ${kept.join()}, not ${given.join()}`]),
    ...units.flatMap((unit, at) => {
      if (unit === undefined) return [];
      const expected = seenBy(unit, runs, device);
      const held = ["ACC", "HIT", "MAX", "AM"].map((name) => machine.registers.get(`SNP${at + 1}_${name}`, "value", 0));
      return held.join() === expected.join()
        ? []
        : [`snoop unit ${at + 1} holds ${held.join()}, not ${expected.join()}`];
    }),
  ];
}

/** What a unit holds in the end: sum, count, largest value and its address. */
function seenBy(unit: SnoopUnit, runs: Runs, device: DeviceSpec): number[] {
  const { A1 = 0, A2 = 0, D1 = 0, D2 = 0, C1 = 0, C2 = 0, ACC = 0, HIT = 0, MAX = 0, AM = 0 } = unit;
  const isRange = C1 >>> 28 === 6;
  const held = { sum: ACC, hits: HIT, largest: MAX, address: AM };
  for (const { layer, written } of runs) {
    if (C2 >= 0x3200 && C2 - 0x3200 !== layer) continue;
    for (const { address, word } of written) {
      const [place, value] = [0x200000 + numberOf(address, device), isRange ? word >>> 24 : word >>> 0];
      const here = isRange ? place >= A1 && place <= A2 : place === A1;
      if (!here || !(isRange ? value >= D1 && value <= D2 : value === D1)) continue;
      if (C1 & 8) held.sum = (held.sum + value) >>> 0;
      if (C1 & 16) held.hits++;
      if (!(C1 & 32) || value <= held.largest) continue;
      held.largest = value;
      held.address = place;
    }
  }
  return [held.sum, held.hits, held.largest, held.address];
}

/** Number of a word among those of all instances, at the place that the write pointers give it. */
function numberOf(address: number, device: DeviceSpec): number {
  const processors = Array.from({ length: 16 }, (_, instance) => 4 * instance);
  const first = processors.findLast((processor) => memoryAddress(device, processor, 0) <= address) ?? 0;
  return (first / 4) * 2 ** device.dataMemory.writePointerShift + (address - memoryAddress(device, first, 0)) / 4;
}

/** What `cnn_unload()` delivers for one item. */
function wordsOf(item: Unload, { model, device, valuesOf }: Executed, read: (address: number) => number): number[] {
  if (!("tensor" in item)) {
    const { width = 1, writeGap = 0, bits = 8 } = item;
    const piece = { ...item, width, writeGap, bits };
    return delivery(piece, unpackTensor(piece, device, read));
  }
  const node = model.nodes.find(({ name }) => name === item.tensor) as ModelNode;
  const { channels: all, height, width } = node.shape;
  const { channels = [0, all], rows = [0, height] } = item;
  const values = valuesOf(item.tensor);
  const part: number[] = [];
  for (let channel = channels[0]; channel < channels[1]; channel++) {
    for (let pixel = rows[0] * width; pixel < rows[1] * width; pixel++)
      part.push(values[channel * height * width + pixel] as number);
  }
  const bits = "wide" in node && node.wide ? 32 : 8;
  return delivery({ channels: channels[1] - channels[0], height: rows[1] - rows[0], width, bits }, part);
}
