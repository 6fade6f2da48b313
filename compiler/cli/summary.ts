import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Program } from "../../targets/accelerator/program.ts";
import { thousands } from "../../targets/emit/print/values.ts";
import type { Placement } from "../ir/placement.ts";
import { bitsOf } from "../ir/geometry.ts";

/** One row of the table a person sees after a build. */
export interface SummaryRow {
  readonly layer: string;
  readonly name: string;
  readonly shapes: string;
  readonly operation: string;
  readonly processors: string;
  readonly offsets: string;
  readonly weightBytes: number;
  readonly operations: number;
  readonly cycles: number | null;
}

/** Layer by layer: shapes, operation, where it runs, what it costs. */
export function summaryRows(placement: Placement, program: Program): SummaryRow[] {
  return placement.network.layers.map((layer, index) => {
    const place = placement.layers[index]!;
    const counts = program.layers[index]!;
    const weights = layer.convolution?.weights;
    const shared = placement.weights.layers[index]?.sharedWith ?? null;
    const { macc, comp, add, mul, bitwise } = counts.operations;
    return {
      layer: String(index),
      name: layer.name,
      shapes: `${shapeText(layer.input)} → ${shapeText(layer.output)}`,
      operation: operationText(layer),
      processors: `${rangeText(place.processors)} → ${rangeText(place.outputProcessors)}`,
      offsets: `${hex(place.inputOffset)} → ${hex(place.outputOffset)}`,
      weightBytes: weights && shared === null ? Math.floor((weights.data.length * weights.bits) / 8) : 0,
      operations: macc + comp + add + mul + bitwise,
      cycles: counts.cycles,
    };
  });
}

const shapeText = (shape: { channels: number; height: number; width: number }): string =>
  `${shape.channels}×${shape.height}×${shape.width}`;

const hex = (value: number): string => `0x${value.toString(16).padStart(4, "0")}`;

/** Processors as ranges: `0-3,16-19`. */
export function rangeText(mask: bigint): string {
  const ranges: string[] = [];
  let first = -1;
  let last = -1;
  const flush = (): void => {
    if (first >= 0) ranges.push(first === last ? `${first}` : `${first}-${last}`);
  };
  for (const bit of bitsOf(mask)) {
    if (bit !== last + 1 || first < 0) {
      flush();
      first = bit;
    }
    last = bit;
  }
  flush();
  return ranges.join(",");
}

type SummaryLayer = Placement["network"]["layers"][number];

function operationText(layer: SummaryLayer): string {
  const parts: string[] = [];
  const pool = layer.pool;
  const poolText =
    pool === null ? "" : `${pool.kind === "max" ? "max" : "avg"} ${pool.size.join("×")}/${pool.stride[0]}`;
  const eltwiseText = layer.eltwise === null ? "" : `${layer.eltwise.operation} ×${layer.eltwise.operands}`;
  if (layer.eltwise !== null && !layer.eltwise.poolFirst) parts.push(eltwiseText, poolText);
  else parts.push(poolText, eltwiseText);
  if (layer.flatten) parts.push("flatten");
  const convolution = layer.convolution;
  if (convolution !== null) {
    const size = convolution.kind === "conv1d" ? `${convolution.kernel[0]}` : convolution.kernel.join("×");
    parts.push(convolution.kind === "linear" ? "linear" : `${convolution.kind} ${size}`);
    if (convolution.weights !== null && convolution.weights.bits !== 8) parts.push(`${convolution.weights.bits}-bit`);
  } else if (layer.recalls) parts.push(`roll by ${layer.crop[0]}`);
  else if (pool === null && layer.eltwise === null) parts.push("copy");
  if (layer.activation !== null) parts.push(layer.activation);
  if (layer.outputBits === 32) parts.push("wide");
  return parts.filter((part) => part !== "").join(", ");
}

/** The table, the totals against capacity, and the result of the known-answer run. */
export function summaryText(
  placement: Placement,
  program: Program,
  device: DeviceSpec,
  verified: Verification,
): string {
  const rows = summaryRows(placement, program);
  const header = [
    "",
    "layer",
    "input → output",
    "operation",
    "processors",
    "offsets",
    "weights",
    "operations",
    "cycles",
  ];
  const cells = rows.map((row) => [
    row.layer,
    row.name,
    row.shapes,
    row.operation,
    row.processors,
    row.offsets,
    thousands(row.weightBytes),
    thousands(row.operations),
    row.cycles === null ? "-" : thousands(row.cycles),
  ]);
  const resources = program.resources;
  const { cycles } = program;
  const operations = rows.reduce((sum, row) => sum + row.operations, 0);
  const megahertz = device.clock.maxWithoutPipelineMHz;
  return [
    `${program.name} for ${device.name}: ${rows.length} layers, ${thousands(operations)} operations`,
    "",
    ...alignColumns([header, ...cells], [0, 6, 7, 8]),
    "",
    `weight memory  ${usage(resources.weightBytes, resources.weightBytesTotal)}`,
    `bias memory    ${usage(resources.biasBytes, resources.biasBytesTotal)}`,
    `data memory    ${usage(resources.dataBytes, resources.dataBytesTotal)} (fullest instance)`,
    ...(cycles === null
      ? []
      : [
          `latency        ${thousands(cycles)} cycles estimated, ${((cycles / megahertz) * 1e-3).toFixed(3)} ms at ${megahertz} MHz`,
        ]),
    `known answer   ${program.knownAnswer === null ? "none: no sample input" : answerText(program, verified)}`,
    "",
  ].join("\n");
}

const verifications = {
  agrees: "the simulated program agrees with the reference",
  skipped: "not simulated (--no-verify)",
  unconfirmed: "not confirmed, see the warnings",
} as const;
type Verification = keyof typeof verifications;

function answerText(program: Program, verified: Verification): string {
  const words = program.knownAnswer!.reduce((sum, block) => sum + block.words.length, 0);
  return `${thousands(words)} words; ${verifications[verified]}`;
}

const usage = (used: number, total: number): string =>
  `${thousands(used)} of ${thousands(total)} bytes (${((100 * used) / total).toFixed(1)} %)`;

/** Pads cells to columns; `right` lists the columns aligned right. */
export function alignColumns(rows: readonly (readonly string[])[], right: readonly number[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (right.includes(column) ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!)))
      .join("  ")
      .trimEnd(),
  );
}
