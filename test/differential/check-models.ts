import fc from "fast-check";
import { expect } from "vitest";
import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import { hasErrors } from "../../dsl/diagnostic.ts";
import type { Model, ModelNode } from "../../dsl/model.ts";
import type { Layer, Network } from "../../compiler/ir/network.ts";
import { registerTables } from "../../targets/index.ts";
import { compile, type CompileRequest, type CompileResult } from "../../compiler/compile.ts";
import { defaultProgramOptions, type ProgramOptions } from "../../compiler/options.ts";
import { verifyPlacement } from "../../compiler/placement/verify-placement.ts";
import { type BufferState, interpretModel } from "../fixtures/interpret-model.ts";
import {
  buildLegalModel,
  randomInput,
  type RandomModel,
  randomModels,
  randomWeights,
} from "../fixtures/random-model.ts";
import { wantsFewLayers, withExecution, widenedNode } from "../fixtures/random-execution.ts";
import { compareExecution } from "./compare-execution.ts";
import { compareNormalization } from "./compare-normalization.ts";
import { compareRegisters } from "./compare-registers.ts";
import { compareValues, resultsOfSecond } from "./compare-values.ts";
import { featuresOf, wantedFeatures } from "./coverage.ts";
import { networkFacts } from "./layer-facts.ts";

/** Operators of models whose layers are named. */
const fewSteps = 9;

/** Operators and results of one model. */
const size = { steps: 26, outputs: 4 };

/** Hardware layers of models that are executed; larger ones take long and show nothing new. */
const mostLayers = 24;

/** What legal descriptions may ask for that the hardware cannot do, with the reason for each. */
const refusals: Readonly<Record<string, string>> = {
  AI2501: "more layers than the device has",
  AI2508: "far dilation excludes reading ahead",
  AI2511: "more uneven parts of a concatenation than operands",
  AI2526: "bypassed kernels over passes that are not full",
  AI3303: "passes of element-wise operations counted as rows, beyond the row counter",
};

export interface ModelCheck {
  readonly models: number;
  /** Refused, by code. */
  readonly refused: ReadonlyMap<string, number>;
  /** How often each feature of the device was drawn. */
  readonly features: ReadonlyMap<string, number>;
  /** Register fields that were meant to be other than zero at least once. */
  readonly fields: ReadonlySet<string>;
}

/**
 * Compiles random legal models, until `numRuns` were executed, and compares for each: what the model means, what the
 * reference executor computes, the values in the known answer, what the simulator leaves in memory after every layer,
 * what `cnn_unload()` delivers; the placement against its verifier; every field of every register with its meaning.
 */
export function checkModels(device: DeviceSpec, numRuns: number, seed: number): ModelCheck {
  const features = new Map(wantedFeatures(device).map((feature) => [feature, 0]));
  const refused = new Map<string, number>();
  const fields = new Set<string>();
  let models = 0;
  const property = fc.property(randomModels(size.steps, size.outputs), (given) => {
    const request = requestOf(given, device);
    const result = compile(request);
    const code = refusalOf(result);
    if (code !== null) refused.set(code, (refused.get(code) ?? 0) + 1);
    fc.pre(code === null);
    for (const field of checkModel(request, result, optionsOf(given, device))) fields.add(field);
    models++;
    const { network } = result;
    const found = network === undefined ? [] : featuresOf(request, network);
    for (const feature of found) features.set(feature, (features.get(feature) ?? 0) + 1);
  });
  fc.assert(property, { numRuns, seed, maxSkipsPerRun: 10 });
  return { models, refused, features, fields };
}

/** What has to be drawn on a device and is not among the first `most` models that are not refused. */
export function missingFeatures(device: DeviceSpec, most: number, seed: number): string[] {
  const missing = new Set(wantedFeatures(device));
  for (const given of fc.sample(randomModels(size.steps, size.outputs), { numRuns: most, seed })) {
    const request = requestOf(given, device);
    const { network, diagnostics } = compile({ ...request, stopAfter: "network" });
    if (network === undefined || hasErrors(diagnostics)) continue;
    for (const feature of featuresOf(request, network)) missing.delete(feature);
    if (missing.size === 0) break;
  }
  return [...missing];
}

/** The request for a random model; the program is verified here instead of by the compiler. */
export function requestOf(given: RandomModel, device: DeviceSpec): CompileRequest {
  const { linkLayer, snoop } = device.capabilities;
  const few = (linkLayer || snoop) && wantsFewLayers(given.seed);
  const model = buildLegalModel(
    few ? { ...given, fifo: "none", steps: given.steps.slice(0, fewSteps) } : given,
    device,
  );
  const shape = model.nodes[0]?.shape ?? { channels: 1, height: 1, width: 1 };
  const request = {
    model,
    device,
    weights: randomWeights(model, given.seed),
    sample: { shape, data: randomInput(model, given.seed) },
    program: optionsOf(given, device),
    verify: false,
  };
  return withExecution(request, given.seed);
}

/** Options of the program, now and then others than the default; those that give other words in registers. */
function optionsOf({ seed }: RandomModel, device: DeviceSpec): ProgramOptions {
  const { pipeline, oneShot, fifoGo, linkLayer } = device.capabilities;
  const every = (count: number, offset: number): boolean => seed % count === offset;
  return {
    ...defaultProgramOptions(device),
    mexpress: !every(5, 1),
    readySelect: every(7, 1) ? 2 : 0,
    readySelectFifo: every(5, 2) ? 3 : 0,
    readySelectAon: every(11, 1) ? 1 : 0,
    writeZeroRegisters: every(9, 1),
    zeroUnused: every(10, 3),
    ...(every(6, 1) ? { increaseStart: 3, increaseDelta1: 0, increaseDelta2: 1 } : {}),
    ...(pipeline && every(4, 1) ? { pipeline: false } : {}),
    ...(oneShot && every(8, 3) ? { oneShot: true } : {}),
    ...(fifoGo && every(3, 1) ? { fifoGo: true } : {}),
    ...(linkLayer && every(7, 2) ? { linkLayer: true } : {}),
  };
}

/** Why a model was refused, when that is the hardware's fault; null when it has to compile. */
export function refusalOf({ diagnostics, network }: Pick<CompileResult, "diagnostics" | "network">): string | null {
  const errors = diagnostics.filter(({ severity }) => severity === "error").map(({ code }) => code);
  if (errors.length === 0) return (network?.layers.length ?? 0) > mostLayers ? "large" : null;
  return errors.every((code) => code in refusals) ? (errors[0] ?? null) : null;
}

/** All comparisons of one compiled model; returns the register fields that were meant to be other than zero. */
export function checkModel(request: CompileRequest, result: CompileResult, options: ProgramOptions): readonly string[] {
  const { model, device, sample } = request;
  const { program, placement, network, diagnostics, tensors } = result;
  expect(diagnostics.filter(({ severity }) => severity === "error").map(({ message }) => message)).toEqual([]);
  if (!program || !placement || !network || !sample || !tensors) throw new Error("compiled without a program");
  expect(verifyPlacement(placement, device, options)).toEqual([]);
  expect(compareNormalization(request, network)).toEqual([]);
  const results = tensors.map((tensor) => tensor ?? new Int32Array());
  const sets = networkFacts(placement, device, options).layers.map(({ set }) => set);
  const meaning = meaningOf(request, network);
  if (meaning !== null) {
    const [first, second] = meaning.twice();
    const computed = network.layers.flatMap(({ isOutput, index }) => (isOutput && tensors[index]) || []);
    // Layers may be left out with the sample.
    const isWhole = model.sequence?.simulated === undefined;
    expect(distinct(computed)).toEqual(isWhole ? first : first.filter((one) => distinct(computed).includes(one)));
    const isRolling = isWhole && model.nodes.some(({ kind }) => kind === "rollingBuffer");
    if (isRolling) expect(distinct(resultsOfSecond(program, placement, device, sets))).toEqual(second);
  }
  expect(compareValues(program, placement, device, results, sets)).toEqual([]);
  const valuesOf = (name: string): ArrayLike<number> => meaning?.named(name) ?? resultOf(name, network, results);
  expect(compareExecution({ model, network, program, device, sets, valuesOf })).toEqual([]);
  const { differences, used } = compareRegisters(program, placement, device, options);
  expect(differences).toEqual([]);
  return used;
}

/** What a model means, straight from its weights; null where they are not integers yet. */
function meaningOf({ model, weights, sample, edits }: CompileRequest, network: Network) {
  if (model.nodes.some(({ kind }) => kind === "batchNorm")) return null;
  const asked = edits?.outputWidth === 32 ? withWideLayer(model, network) : model;
  const rounding = network.options.averagePoolRounding;
  const outputs = (ids: readonly number[], state?: BufferState): number[][] =>
    interpretModel({ ...asked, outputs: ids }, weights.operators, sample?.data ?? [], rounding, state);
  const listed = (model.unload ?? []).flatMap((item) => ("tensor" in item ? [nodeNamed(model, item.tensor)] : []));
  const readOut = [...model.outputs, ...listed.map(({ id }) => id)];
  return {
    /** Everything that is read out, of two inferences with the same input. */
    twice: (): readonly [string[], string[]] => {
      const state: BufferState = new Map();
      return [distinct(outputs(readOut, state)), distinct(outputs(readOut, state))];
    },
    /** Of one operator, in the first inference. */
    named: (name: string): number[] => outputs([nodeNamed(model, name).id])[0] as number[],
  };
}

const nodeNamed = ({ nodes }: Model, name: string): ModelNode => nodes.find((node) => node.name === name) as ModelNode;

/** The model of which the last layer has 32-bit results. */
function withWideLayer(model: Model, { layers }: Network): Model {
  const wide = widenedNode(model, layers.at(-1) as Layer);
  return { ...model, nodes: model.nodes.map((node) => (node === wide ? { ...node, wide: true } : node)) };
}

/** Of the layer that ends with an operator and is read out. */
const resultOf = (name: string, { layers }: Network, results: readonly Int32Array[]): Int32Array =>
  results[layers.find(({ origins, isOutput }) => isOutput && origins.at(-1)?.name === name)?.index ?? -1] ??
  new Int32Array();

/** A network has no order of outputs, and one that only repeats another is the same tensor. */
const distinct = (outputs: readonly (Int32Array | readonly number[])[]): string[] =>
  [...new Set(outputs.map((output) => output.join()))].sort();

/** Fields that no random model sets, with the reason; by register or `register.field`. */
export const unsetFields: Readonly<Record<string, string>> = {
  "CTL.interrupt": "set by the chip",
  "CTL.mlat": "read-out port, used by the generated C only",
  "CTL.mlatLane": "read-out port, used by the generated C only",
  "CTL.fifoClockDelay": "never used",
  "CTL.poolTimeShift": "never used",
  "CTL.globalMaxPool": "never used",
  "CTL.globalPool": "never used",
  "CTL.simpleOneBit": "meaning unknown; its one bit is compared with recorded programs",
  "CTL.externalReady": "waits for a signal that the simulator does not have",
  "CTL.syncQuadrant": "quadrant 0, always",
  MLAT: "read by the generated C only",
  SRAM_TEST: "written and cleared again before configuration: its end is compared, zero",
  "LCTL.shareQuad": "never used",
  "LCTL.shareGroup": "never used",
  "LCTL.columnPadOnly": "never used",
  FIFO_STAT: "read by the generated C only",
  FIFO_WR0: "data, compared as input",
  FIFO_WR1: "data, compared as input",
  FIFO_WR2: "data, compared as input",
  FIFO_WR3: "data, compared as input",
  "FIFO_CTL.fullInterrupt": "never used",
  "FIFO_CTL.emptyInterrupt": "never used",
  "FIFO_CTL.almostFullInterrupt": "never used",
  "FIFO_CTL.almostEmptyInterrupt": "never used",
  "AON_CTL.deepSleep": "never used",
  "AON_CTL.powerDown": "option powerdown, behind the start",
  "AON_CTL.readMargin": "never used",
  FAST_FIFO_SR: "read by the generated C only",
  FAST_FIFO_IE: "zero",
  FAST_FIFO_DR: "data, compared as input",
  "FAST_FIFO_CR.control": "zero",
};

/** Fields that only some devices use. */
const deviceFields: Readonly<Record<string, (device: DeviceSpec) => boolean>> = {
  "CTL.oneShot": ({ capabilities }) => capabilities.oneShot,
  "CTL.apbClockAlwaysOn": ({ capabilities }) => capabilities.snoop,
  "CTL.globalChw": ({ capabilities }) => capabilities.streamingFormulas === "window",
  "FIFO_CTL.couple": ({ capabilities }) => capabilities.fifoCoupling,
};

/** Fields of a device's registers that random models set. */
export const wantedFields = (device: DeviceSpec): string[] =>
  Object.values(registerTables[device.name])
    .filter(({ name }) => !(name in unsetFields))
    .flatMap(({ name, fields }) => Object.keys(fields).map((field) => `${name}.${field}`))
    .filter((field) => !(field in unsetFields) && (deviceFields[field]?.(device) ?? true));
