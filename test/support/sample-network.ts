import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Pair, WeightBits } from "../../dsl/model.ts";
import type { LayerConvolution } from "../../runtime/reference/layer.ts";
import type { Layer, Network } from "../../compiler/ir/network.ts";
import type { LayerPlacement } from "../../compiler/ir/placement.ts";

/** Small networks for tests of weight and bias memory: only what decides where kernels lie is chosen. */
export interface SampleConvolution {
  readonly index: number;
  readonly kind: LayerConvolution["kind"];
  readonly inputs: number;
  readonly outputs: number;
  readonly kernel: Pair;
  readonly bits: WeightBits;
  readonly groups?: number;
  /** Rows and columns of a flattened input. */
  readonly flatten?: Pair | null;
  readonly dilation?: number;
  readonly streaming?: boolean;
  readonly calcx4?: boolean;
  readonly bias?: Int8Array;
  /** Decides the weights. */
  readonly seed: number;
}

export function convolutionLayer(options: SampleConvolution): Layer {
  const { index, kind, inputs, outputs, kernel, bits, groups = 1, flatten = null, seed } = options;
  const [height, width] = flatten ?? (kind === "conv1d" ? [20, 1] : kind === "linear" ? [1, 1] : [8, 8]);
  const perOutput = (inputs / groups) * (flatten ? height * width : 1);
  const input = { channels: inputs, height, width };
  return {
    index,
    name: `layer_${index}`,
    origins: [{ name: `layer_${index}` }],
    sources: [index === 0 ? "input" : index - 1],
    crop: [0, 0],
    input,
    eltwise: null,
    pool: null,
    pooled: input,
    flatten: flatten !== null,
    convolution: {
      kind,
      kernel,
      padding: [0, 0],
      dilation: options.dilation ?? 1,
      stride: 1,
      outputPadding: 0,
      groups,
      weights: {
        outputs,
        inputs: perOutput,
        data: sampleWeights(outputs * perOutput * kernel[0] * kernel[1], bits, seed),
        bits,
        binary: false,
      },
      bypass: false,
      bias: options.bias ?? null,
      shift: 0,
    },
    activation: null,
    outputBits: 8,
    output: flatten ? { channels: outputs, height: 1, width: 1 } : { channels: outputs, height, width },
    isOutput: false,
    streaming: options.streaming ?? false,
    calcx4: options.calcx4 ?? false,
    readAhead: false,
    tcalc: null,
    pins: {},
    finalScale: 0,
  };
}

/** Any repeatable weights of that many bits. */
function sampleWeights(length: number, bits: WeightBits, seed: number): Int8Array {
  let state = seed * 2654435761;
  return Int8Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state << 1) >> (32 - bits);
  });
}

export const testNetwork = (layers: readonly Layer[], device: DeviceSpec): Network => ({
  name: "sample",
  device: device.name,
  input: { ...(layers[0] as Layer).input, format: "HWC" },
  layers,
  options: { averagePoolRounding: false, fifo: "none" },
});

export const placed = (maps: Pick<LayerPlacement, "processors" | "outputProcessors">): LayerPlacement => ({
  ...maps,
  inputOffset: 0,
  outputOffset: 0,
  writeGap: 0,
  readGap: 0,
});
