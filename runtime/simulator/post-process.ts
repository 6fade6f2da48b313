import { abs8, BIAS_SCALE, relu8, requantizeAll } from "../../targets/accelerator/fixed-point.ts";
import type { Accumulators } from "./convolve.ts";
import type { ConvolutionPlan, LayerPlan } from "./layer-plan.ts";
import type { BiasMemory } from "./memory.ts";

/** Adds the bias to every accumulator, in place. Returns the outputs whose bias nobody wrote. */
export function addBias(
  plan: LayerPlan,
  convolution: ConvolutionPlan,
  sums: Accumulators,
  memories: readonly BiasMemory[],
  processorsPerQuadrant: number,
): number[] {
  const entries = biasEntries(plan, convolution, processorsPerQuadrant);
  const unknown: number[] = [];
  for (let output = 0; output < sums.outputs; output++) {
    let bias = 0;
    for (const { quadrant, index } of entries(output)) {
      const memory = memories[quadrant] as BiasMemory;
      if (memory.written[index] !== 1) unknown.push(output);
      bias += memory.bytes[index] ?? 0;
    }
    if (bias === 0) continue;
    const start = output * sums.pixels;
    for (let i = start; i < start + sums.pixels; i++) sums.values[i] = (sums.values[i] as number) + BIAS_SCALE * bias;
  }
  return unknown;
}

interface BiasEntry {
  readonly quadrant: number;
  readonly index: number;
}

/** Entries of bias memory that are added to an output. */
function biasEntries(
  plan: LayerPlan,
  convolution: ConvolutionPlan,
  perQuadrant: number,
): (output: number) => readonly BiasEntry[] {
  const { bias } = convolution;
  const { quadrants, processors } = plan;
  const from = (quadrant: number, offset: number): readonly BiasEntry[] => {
    const start = bias[quadrant] ?? null;
    return start === null ? [] : [{ quadrant, index: start + offset }];
  };
  switch (convolution.kind) {
    case "full":
      return (output) => convolution.sources.flatMap((quadrant) => from(quadrant, output));
    case "quad":
      return (output) => from(quadrants[output % quadrants.length] as number, Math.floor(output / quadrants.length));
    case "depthwise-broadcast":
      return (output) => {
        const { quadrant, member, pass } = depthwiseOutput(processors, output, perQuadrant);
        return from(quadrant, perQuadrant * pass + (member % 4) * 4 + Math.floor(member / 4));
      };
    case "depthwise-move": {
      const step = depthwiseBiasStep(processors, perQuadrant);
      return (output) => {
        const { quadrant, pass, processor } = depthwiseOutput(processors, output, perQuadrant);
        return from(quadrant, pass * step(quadrant) + movedPosition(processors, processor, perQuadrant));
      };
    }
  }
}

interface DepthwiseOutput {
  readonly processor: number;
  readonly quadrant: number;
  readonly member: number;
  readonly pass: number;
}

export function depthwiseOutput(processors: readonly number[], output: number, perQuadrant: number): DepthwiseOutput {
  const processor = processors[output % processors.length] as number;
  return {
    processor,
    quadrant: Math.floor(processor / perQuadrant),
    member: processor % perQuadrant,
    pass: Math.floor(output / processors.length),
  };
}

/** Position of a processor's output in its quadrant when a depthwise layer moves data to other processors. */
export function movedPosition(processors: readonly number[], processor: number, perQuadrant: number): number {
  const first = processors[0] as number;
  const isFirstQuadrant = Math.floor(first / perQuadrant) === Math.floor(processor / perQuadrant);
  return (processor % perQuadrant) - (isFirstQuadrant ? first % perQuadrant : 0);
}

/** Bias entries per pass: a whole quadrant, but in the last one only up to the last processor. */
function depthwiseBiasStep(processors: readonly number[], perQuadrant: number): (quadrant: number) => number {
  const last = processors.at(-1) as number;
  const lastQuadrant = Math.floor(last / perQuadrant);
  return (quadrant) => (quadrant === lastQuadrant ? movedPosition(processors, last, perQuadrant) + 1 : perQuadrant);
}

/** 8-bit results in place of accumulators; wide results are the accumulators themselves. */
export function postProcess(plan: LayerPlan, sums: Accumulators): void {
  const { isWide, shift, activation } = plan.output;
  if (isWide) return;
  const { values } = sums;
  requantizeAll(values, shift, values);
  if (activation === "abs") for (let i = 0; i < values.length; i++) values[i] = abs8(values[i] as number);
  if (activation === "relu") for (let i = 0; i < values.length; i++) values[i] = relu8(values[i] as number);
}
