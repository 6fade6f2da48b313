import type { CheckpointLayer } from "../../compiler/import/checkpoint-layers.ts";
import { parseYamlNetwork } from "../../compiler/import/yaml.ts";
import { yamlToNetwork } from "../../compiler/import/yaml-network.ts";
import type { YamlOptions, YamlWeights } from "../../compiler/import/yaml-options.ts";
import { checkProgram, lowerProgram } from "../../compiler/lower/lower-program.ts";
import { defaultProgramOptions, type ProgramOptions } from "../../compiler/options.ts";
import { placeNetwork } from "../../compiler/placement/place.ts";
import { verifyPlacement } from "../../compiler/placement/verify-placement.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { hasErrors } from "../../dsl/diagnostic.ts";
import { devices, type DeviceName } from "../../targets/index.ts";

/** Keys of a layer as YAML would have them, over `op: conv2d, pad: 1, processors: 0x1, out_offset: 0x2000`; other operators have no `pad`. */
export interface LayerSketch {
  readonly [key: string]: string | number | boolean | undefined | Partial<CheckpointLayer> | null;
  /** Channels of the stored weights; 1 by default. */
  readonly $in?: number;
  readonly $out?: number;
  /** The layer has a bias of ones. */
  readonly $bias?: boolean;
  /** Of the stored weights, instead of what the keys say; null: there are none. */
  readonly $stored?: Partial<CheckpointLayer> | null;
}

/** A description, its files and options. */
export interface DescriptionSketch {
  readonly device: DeviceName;
  readonly layers: readonly LayerSketch[];
  /** [channels, rows, columns] or [channels, length]; 1x8x8 by default. */
  readonly sample?: readonly number[];
  /** Lines in front of the layers. */
  readonly head?: string;
  /** Whole text of the layers, where keys cannot say it. */
  readonly text?: string;
  readonly options?: Partial<YamlOptions>;
  readonly program?: Partial<ProgramOptions>;
}

/** All findings of importing and compiling a description, up to the stage that cannot go on. */
export function judge(sketch: DescriptionSketch): readonly Diagnostic[] {
  const device = devices[sketch.device];
  const parsed = parseYamlNetwork(yamlText(sketch), "rule.yaml");
  const { description } = parsed;
  if (description === undefined) return parsed.diagnostics;
  const { sample = [1, 8, 8], options = {} } = sketch;
  const weights = storedWeights(sketch.layers);
  const converted = yamlToNetwork(description, { device, weights, sample: { shape: sample }, options });
  const diagnostics = [...parsed.diagnostics, ...converted.diagnostics];
  const { network } = converted;
  if (network === undefined) return diagnostics;
  const { placement, diagnostics: placing } = placeNetwork(network, device);
  diagnostics.push(...placing);
  if (placement === undefined) return diagnostics;
  const given = { ...defaultProgramOptions(device), ...sketch.program };
  diagnostics.push(...verifyPlacement(placement, device), ...checkProgram(placement, device, given));
  if (hasErrors(diagnostics)) return diagnostics;
  return [...diagnostics, ...lowerProgram(placement, device, given, { sample: null, tensors: null }).diagnostics];
}

/** Only convolutions pad. */
const defaultsOf = ({ op = "conv2d" }: LayerSketch): LayerSketch => ({
  op,
  ...(/^conv/i.test(String(op)) ? { pad: 1 } : {}),
  processors: "0x1",
  out_offset: "0x2000",
});

/** The description as a person would write it. */
export function yamlText({ layers, head = "", text }: DescriptionSketch): string {
  const lines = layers.map((layer) => {
    const keys = Object.entries({ ...defaultsOf(layer), ...layer }).filter(
      ([key, value]) => !key.startsWith("$") && value !== undefined,
    );
    return `  - { ${keys.map(([key, value]) => `${key}: ${String(value)}`).join(", ")} }\n`;
  });
  return `arch: rules\ndataset: rules\n${head}${text ?? `layers:\n${lines.join("")}`}`;
}

function storedWeights(layers: readonly LayerSketch[]): YamlWeights {
  const stored = layers.flatMap((layer, position): CheckpointLayer[] => {
    const op = String({ ...defaultsOf(layer), ...layer }["op"]).toLowerCase();
    if (!/conv|linear/.test(op) || layer["bypass"] === true || layer["weight_source"] !== undefined) return [];
    const { $in = 1, $out = 1, $bias = false, $stored = {} } = layer;
    if ($stored === null) return [];
    const groups = Number(layer["groups"] ?? 1);
    const kernel = kernelOf(op, layer["kernel_size"]);
    const channels = op === "convtranspose2d" ? [$in, $out / groups] : [$out, $in / groups];
    const shape = [...channels, ...kernel].map((size) => Math.max(1, Math.floor(size)));
    const binary = /bin/.test(String(layer["quantization"]));
    const count = shape.reduce((product, size) => product * size, 1);
    const weights = Float64Array.from({ length: count }, (_, i) => (i % 2 === 0 ? -1 : binary ? 1 : 0));
    return [
      {
        key: `layer${position}.op.weight`,
        weights,
        shape,
        weightBits: null,
        bias: $bias ? new Float64Array($out).fill(1) : null,
        outputShift: null,
        finalScale: null,
        quantized: true,
        ...$stored,
      },
    ];
  });
  return { kind: "checkpoint", fileName: "rules.pth.tar", arch: "rules", layers: stored };
}

function kernelOf(op: string, given: LayerSketch[string]): number[] {
  if (op === "linear") return [];
  if (op === "conv1d") return [Number(given ?? 9)];
  return String(given ?? "3x3")
    .split("x")
    .map(Number);
}
