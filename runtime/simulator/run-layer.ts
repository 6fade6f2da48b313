import type { Chip, LayerExecution } from "./chip.ts";
import { convolveDepthwise, convolveFull, unknownSums, type Accumulators } from "./convolve.ts";
import { gatherPlanes, padPlanes, type InputSource, type Planes } from "./gather.ts";
import { checkOwnInput } from "./hazards.ts";
import { unpackKernels, type Kernels } from "./kernels.ts";
import type { ConvolutionPlan, LayerPlan } from "./layer-plan.ts";
import { busAddressOf } from "./memory.ts";
import { addBias, postProcess } from "./post-process.ts";
import { writeBack, writtenWords, type LayerResults, type OutputTarget } from "./write-back.ts";

/** Executes one layer from its input to its output words. */
export function runLayer(chip: Chip, plan: LayerPlan, source: InputSource, target: OutputTarget): LayerExecution {
  const { device, report } = chip;
  const planes = gatherPlanes(device, plan, source, report, chip.note);
  const results = compute(chip, plan, planes, kernelsOf(chip, plan));
  if (source.memory === chip.data && target.memory === chip.data) {
    checkOwnInput(device, plan, chip.data, report);
  }
  writeBack(device, plan, results, target, report);
  const isStreamed = target.memory !== chip.data;
  return {
    layer: plan.layer,
    description: describe(plan),
    outputs: results.outputs,
    rows: plan.output.rows,
    columns: plan.output.columns,
    values: results.values,
    isStreamed,
    get written() {
      return isStreamed ? [] : contentsOf(chip, writtenWords(device, plan, target));
    },
  };
}

/** Weights of a layer; null for layers without any. */
export const kernelsOf = (chip: Chip, plan: LayerPlan): Kernels | null =>
  plan.convolution === null
    ? null
    : unpackKernels(chip.device, plan, plan.convolution, chip.weights, chip.report, chip.note);

/** Convolution, bias, scaling and activation of a layer's input. */
export function compute(chip: Chip, plan: LayerPlan, planes: Planes, kernels: Kernels | null): LayerResults {
  const { convolution, output } = plan;
  if (convolution === null || kernels === null)
    return { outputs: planes.count, values: planes.data, unknown: planes.unknown };
  const { rowPadding, columnPadding, isTransposed } = convolution;
  const padded = padPlanes(planes, rowPadding, columnPadding, isTransposed ? 2 : 1);
  const shape = { ...convolution, rows: output.rows, columns: output.columns };
  const convolve = isDepthwise(convolution) ? convolveDepthwise : convolveFull;
  const sums = convolve(padded, kernels, shape);
  const withoutBias = addBias(plan, convolution, sums, chip.bias, chip.device.processorsPerQuadrant);
  const unknown = markOutputs(unknownSums(convolve, padded, kernels, shape), sums, withoutBias);
  if (withoutBias.length > 0)
    chip.note(`layer ${plan.layer} adds ${withoutBias.length} biases that were never written`);
  postProcess(plan, sums);
  return { outputs: sums.outputs, values: sums.values, unknown };
}

function markOutputs(unknown: Int8Array | null, sums: Accumulators, outputs: readonly number[]): Int8Array | null {
  if (outputs.length === 0) return unknown;
  const marks = unknown ?? new Int8Array(sums.values.length);
  for (const output of outputs) marks.fill(1, output * sums.pixels, (output + 1) * sums.pixels);
  return marks;
}

const isDepthwise = ({ kind }: ConvolutionPlan): boolean => kind === "depthwise-broadcast" || kind === "depthwise-move";

/** What the words that streaming layers wrote one by one hold. */
export const journalOf = (chip: Chip): LayerExecution["written"] => contentsOf(chip, chip.data.journal ?? []);

function contentsOf({ data, device }: Chip, words: Iterable<number>): LayerExecution["written"] {
  return [...words]
    .toSorted((a, b) => a - b)
    .map((word) => ({ address: busAddressOf(device, data, word), word: data.words[word] as number }));
}

/** One line for logs. */
export function describe(plan: LayerPlan): string {
  const { input, convolution, output, processors } = plan;
  const operator =
    convolution === null
      ? "passthrough"
      : `${convolution.kind}${convolution.isTransposed ? " transposed" : ""}${convolution.isBypass ? " bypass" : ""} ` +
        `${convolution.kernelRows}x${convolution.kernelColumns}, ${convolution.weightBits}-bit weights`;
  const window = input.window.kind === "subsample" ? "" : `${input.window.kind} pool, `;
  const eltwise = input.eltwise === null ? "" : `${input.operands} operands ${input.eltwise.operation}, `;
  const passes = input.channelPasses > 1 ? ` x ${input.channelPasses} passes` : "";
  return (
    `${processors.length} processors${passes}, ${input.pooledRows}x${input.pooledColumns} after pooling, ` +
    `${eltwise}${window}${operator}, output ${output.rows}x${output.columns}${output.isWide ? " wide" : ""}`
  );
}
