import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { hasErrors } from "../../dsl/diagnostic.ts";
import type { Model } from "../../dsl/model.ts";
import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { LayerConvolution } from "../../runtime/reference/layer.ts";
import { executeNetwork } from "../execute-network.ts";
import type { Network } from "../ir/network.ts";
import { verifyNetwork } from "../ir/verify-network.ts";
import type { Sample } from "../passes/fold-input.ts";
import {
  keptManner,
  leftOutKeys,
  surplusWeights,
  unreadLayers,
  weightedLayers,
  withWeightTable,
} from "./import-network-checks.ts";
import { keptSequence, pinsStay } from "./import-network-sequence.ts";
import { sameNetwork } from "./import-network-compare.ts";
import { networkWeights } from "./import-network-weights.ts";
import type { ModelSource } from "./model-source.ts";
import { layerNames, repeatedNames } from "./model-source-names.ts";
import { neededLayers, planModelSource, type PlanOptions } from "./model-source-plan.ts";
import { writeNpy } from "./npy.ts";
import { writeSafetensors } from "./safetensors.ts";
import { weightSetToSafetensors } from "./weight-set.ts";
import type { YamlNetwork } from "./yaml.ts";
import { yamlToNetwork } from "./yaml-network.ts";
import type { YamlOptions, YamlWeights } from "./yaml-options.ts";

export interface ImportInput {
  readonly description: YamlNetwork;
  readonly device: DeviceSpec;
  readonly weights: YamlWeights;
  /** Network input [channels][rows][columns], or [channels][length] where `oneDimensional`. */
  readonly sample: Sample;
  readonly oneDimensional: boolean;
  /** Keep hardware layers, processors and memory as described; otherwise only what the network computes. */
  readonly pins: boolean;
  readonly options?: Partial<YamlOptions>;
}

export interface ImportedNetwork {
  /** `model.ts`, `weights.safetensors`, `sample.npy`. */
  readonly files?: ReadonlyMap<string, string | Uint8Array>;
  readonly network?: Network;
  readonly model?: Model;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Turns a network description of the reference generator into a model with weights and sample. The model is compiled
 * and compared with the description before it is handed out (AI9003). Codes: those of `yamlToNetwork`, AI4114
 * for weights that are left over, AI6211 for what models cannot say, AI6212 for keys left out, or for pins that stay
 * because the description means addresses.
 */
export async function importNetwork(input: ImportInput): Promise<ImportedNetwork> {
  const { imported, lost } = await importAs(input);
  const [first] = lost;
  if (first === undefined || input.pins) return imported;
  const { imported: pinned } = await importAs({ ...input, pins: true });
  if (hasErrors(pinned.diagnostics)) return imported;
  return { ...pinned, diagnostics: [pinsStay(first), ...pinned.diagnostics] };
}

interface Attempt {
  readonly imported: ImportedNetwork;
  /** What means addresses and was left out. */
  readonly lost: readonly Diagnostic[];
}

async function importAs(input: ImportInput): Promise<Attempt> {
  const { description, device, weights, sample } = input;
  const { channels, height, width } = sample.shape;
  const shape = input.oneDimensional ? [channels, height] : [channels, height, width];
  const converted = yamlToNetwork(description, {
    device,
    weights,
    sample: { shape },
    pins: input.pins,
    ...(input.options === undefined ? {} : { options: input.options }),
  });
  const diagnostics: Diagnostic[] = [...converted.diagnostics, ...surplusWeights(description, weights, input.options)];
  const failed = (): Attempt => ({
    imported: { diagnostics: withWeightTable(diagnostics, description, weights) },
    lost: [],
  });
  if (converted.network === undefined) return failed();
  const kept = keptSequence(renamed(converted.network, input), description, device, input.pins);
  const { network } = kept;
  diagnostics.push(...leftOutKeys(description, network, input.pins), ...kept.diagnostics);
  if (hasErrors(diagnostics)) return failed();
  if (!input.pins) diagnostics.push(...unreadLayers(network, neededLayers(network)));
  const planned = planModelSource(network, planOptions(network, input));
  diagnostics.push(...planned.diagnostics);
  if (planned.source === undefined) return failed();
  const imported = await finish({ ...input, network, source: planned.source, sampleShape: shape, diagnostics });
  return { imported, lost: kept.diagnostics };
}

const planOptions = (network: Network, { description, device, pins, oneDimensional }: ImportInput): PlanOptions => ({
  device,
  names: network.layers.map(({ name }) => name),
  fixedShifts: network.layers.map((layer) => writtenLayer(layer, description)?.values.output_shift ?? null),
  pins,
  oneDimensionalInput: oneDimensional,
});

interface Plan extends ImportInput {
  readonly network: Network;
  readonly source: ModelSource;
  readonly sampleShape: readonly number[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Prints, reads back what was printed, and compares. The printer is large and loads only here. */
async function finish(plan: Plan): Promise<ImportedNetwork> {
  const { description, network, source, sample, device } = plan;
  const [{ printModelSource }, { compileGenerated }] = await Promise.all([
    import("./model-source-print.ts"),
    import("./import-network-evaluate.ts"),
  ]);
  const names = network.layers.map(({ name }) => name);
  const written = new Set(source.layers.map(({ index }) => index));
  const layers = network.layers.filter(({ index }) => written.has(index));
  const { tensors, metadata } = weightSetToSafetensors(networkWeights({ ...network, layers }, names));
  const weights = writeSafetensors(tensors, metadata);
  const text = printModelSource(source, `Imported from ${baseName(description.fileName)}.`);
  const generated = { text, source, weights, sample };
  const { result, model, diagnostics } = await compileGenerated(generated, network, device);
  const all = [...plan.diagnostics, ...diagnostics];
  if (result !== undefined && !plan.pins) all.push(...verifyNetwork(result.network, device));
  if (result === undefined || hasErrors(all)) return { model, diagnostics: all };
  const differences = plan.pins
    ? sameNetwork(network, result.network, device)
    : outputDifferences(network, result.network, sample);
  if (differences.length > 0) return { model, diagnostics: [...all, defect(differences)] };
  const files = new Map<string, string | Uint8Array>([
    ["model.ts", text],
    ["weights.safetensors", weights],
    ["sample.npy", writeNpy(plan.sampleShape, sample.data, "int8")],
  ]);
  return { files, network: result.network, model, diagnostics: all };
}

const defect = (differences: readonly string[]): Diagnostic => ({
  code: "AI9003",
  severity: "error",
  message: `the model differs from its description: ${differences[0]}`,
  hint: "Please report this with the description.",
  notes: differences.slice(1, 20).map((message) => ({ message })),
});

/** Results of the sample, output by output: without pins the layers may differ, what they compute may not. */
function outputDifferences(expected: Network, actual: Network, sample: Sample): string[] {
  const [want, have] = [expected, actual].map((network) => {
    const results = executeNetwork(network, sample);
    return network.layers.flatMap((layer, i) => (layer.isOutput ? [results[i] as Int32Array] : []));
  }) as [Int32Array[], Int32Array[]];
  if (want.length !== have.length) return [`outputs: ${want.length} / ${have.length}`];
  return want.flatMap((values, output) => {
    const at = values.findIndex((value, i) => value !== have[output]?.[i]);
    return at < 0 ? [] : [`output ${output}: value ${at} is ${values[at]} / ${have[output]?.[at]}`];
  });
}

/**
 * Layers as the model will have them: under its names, flattened data read by linear operators, without the speed-ups
 * that models leave out.
 */
function renamed(network: Network, input: ImportInput): Network {
  const { description, weights, options } = input;
  const stored = weights.kind === "checkpoint" ? weights.layers.slice(options?.skipCheckpointLayers ?? 0) : [];
  const owners = weightedLayers(description, options?.skipLayers);
  const preferred = network.layers.map((layer) => {
    const written = writtenLayer(layer, description);
    if (layer.recalls) return description.dataBuffers[0]?.values.name ?? null;
    const key = written === undefined ? undefined : stored[owners.indexOf(written)]?.key;
    return written?.values.name ?? (key === undefined ? null : trainedName(key));
  });
  const layers = network.layers.map((layer) => ({
    ...keptManner(layer, input.pins),
    convolution: layer.flatten ? asLinear(layer.convolution) : inGroups(layer.convolution),
  }));
  const named = withNames({ ...network, layers }, preferred);
  // What repeats is only seen once there are calls; it is called alike then.
  const { source } = planModelSource(named, planOptions(named, input));
  return source === undefined ? named : withNames(named, repeatedNames(named, preferred, source.layers));
}

function withNames(network: Network, preferred: readonly (string | null)[]): Network {
  const names = layerNames(network, preferred);
  return { ...network, layers: network.layers.map((layer, i) => ({ ...layer, name: names[i] as string })) };
}

/** In groups, what descriptions call linear is a 1x1 convolution. */
const inGroups = (convolution: LayerConvolution | null): LayerConvolution | null =>
  convolution?.kind === "linear" && convolution.groups > 1 ? { ...convolution, kind: "conv2d" } : convolution;

/** On flattened data, a 1x1 convolution is what models call linear. */
function asLinear(convolution: LayerConvolution | null): LayerConvolution | null {
  const single = convolution?.kind === "conv2d" && [...convolution.kernel].every((size) => size === 1);
  return single && convolution.padding[0] === 0 ? { ...convolution, kind: "linear" } : convolution;
}

const writtenLayer = ({ origins }: Network["layers"][number], { layers }: YamlNetwork) =>
  layers.find((layer) => layer.at === origins[0]?.source);

/** `conv1.op.weight` are the weights of `conv1`, `fc.weight` those of `fc`. */
function trainedName(key: string): string {
  const parts = key.replace(/^module\./, "").split(".");
  return parts.slice(0, parts.length > 2 ? -2 : -1).join("_");
}

const baseName = (path: string): string => path.split(/[\\/]/).at(-1) ?? path;
