import type { OperationCount } from "../../targets/accelerator/program.ts";
import type { IntegerLayer, LayerConvolution } from "./layer.ts";
import { sizeOf } from "./tensor.ts";

/**
 * Operations of a layer, counted as the reference generator's summary counts them: padding and inserted zeros are
 * not discounted, subsampling and copying are free. A 1x1 kernel that was widened to 3x3 counts as 3x3.
 */
export function countOperations(layer: IntegerLayer): OperationCount {
  const { eltwise, pool, activation } = layer;
  const window = pool === null ? 1 : pool.size[0] * pool.size[1];
  // What a pool of single values leaves out is not combined either.
  const combinesFirst = eltwise !== null && !eltwise.poolFirst && window > 1;
  const pooledTensors = eltwise === null || combinesFirst ? 1 : eltwise.operands;
  const poolOperations = window > 1 ? window * sizeOf(layer.pooled) * pooledTensors : 0;
  const combined = sizeOf(combinesFirst ? layer.input : layer.pooled);
  const eltwiseOperations = eltwise === null ? 0 : (eltwise.operands - 1) * combined;
  const isBitwise = eltwise?.operation === "xor" || eltwise?.operation === "or";
  return {
    macc: layer.convolution === null ? 0 : multiplications(layer, layer.convolution),
    comp: (pool?.kind === "max" ? poolOperations : 0) + (activation === null ? 0 : sizeOf(layer.output)),
    add: (pool?.kind === "average" ? poolOperations : 0) + (isBitwise ? 0 : eltwiseOperations),
    mul: 0,
    bitwise: isBitwise ? eltwiseOperations : 0,
  };
}

function multiplications(layer: IntegerLayer, { groups, kernel }: LayerConvolution): number {
  const inputs = layer.flatten ? sizeOf(layer.pooled) : layer.pooled.channels;
  return (inputs / groups) * kernel[0] * kernel[1] * sizeOf(layer.output);
}

/** Sum over layers. */
export function addOperations(counts: readonly OperationCount[]): OperationCount {
  const total = (kind: keyof OperationCount) => counts.reduce((sum, count) => sum + count[kind], 0);
  return { macc: total("macc"), comp: total("comp"), add: total("add"), mul: total("mul"), bitwise: total("bitwise") };
}
