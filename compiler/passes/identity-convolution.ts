import { DATA_FRACTION_BITS } from "../../targets/accelerator/fixed-point.ts";
import type { WeightBits } from "../../dsl/model.ts";
import type { LayerConvolution, LayerWeights } from "../../runtime/reference/layer.ts";

/** Narrow weights: an identity of any width is exact, and 2 bits take a quarter of the weight memory of 8. */
export const identityBits: WeightBits = 2;

/** Largest power of two that the weights can hold. */
const one = 2 ** (identityBits - 2);

/** Shift that undoes `one`: value x one x 2^shift / 128 = value. */
export const identityShift = DATA_FRACTION_BITS - Math.log2(one);

/**
 * 1x1 weights that copy every input channel to the output channel `offset` further; all other outputs are 0.
 * Exact for every 8-bit value.
 */
export function identityWeights(inputs: number, outputs = inputs, offset = 0): LayerWeights {
  const data = new Int8Array(inputs * outputs);
  for (let input = 0; input < inputs; input++) data[(input + offset) * inputs + input] = one;
  return { outputs, inputs, data, bits: identityBits, binary: false };
}

/** 1x1 weights that copy `outputs` of the input channels, from `first` on. */
function selectingWeights(inputs: number, outputs: number, first: number): LayerWeights {
  const data = new Int8Array(inputs * outputs);
  for (let output = 0; output < outputs; output++) data[output * inputs + first + output] = one;
  return { outputs, inputs, data, bits: identityBits, binary: false };
}

/** A convolution that keeps only some channels. */
export const selectingConvolution = (inputs: number, outputs: number, first: number): LayerConvolution => ({
  ...identityConvolution(inputs),
  weights: selectingWeights(inputs, outputs, first),
});

export function identityConvolution(inputs: number, outputs = inputs, offset = 0): LayerConvolution {
  return {
    kind: "conv2d",
    kernel: [1, 1],
    padding: [0, 0],
    dilation: 1,
    stride: 1,
    outputPadding: 0,
    groups: 1,
    weights: identityWeights(inputs, outputs, offset),
    bypass: false,
    bias: null,
    shift: identityShift,
  };
}
