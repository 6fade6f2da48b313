import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import { roundUp } from "../ir/geometry.ts";
import type { WeightColumns } from "./weight-columns.ts";
import { wordsOf } from "./weight-columns.ts";

/** Kernels start at multiples of this many words. */
const ALIGNMENT = 4;

export interface ColumnRequest {
  readonly processors: readonly number[];
  /** Words reserved in every processor. */
  readonly length: number;
  readonly depthwise: boolean;
  /** May be placed from the end of memory. */
  readonly fromTop: boolean;
  /** First word to look at. */
  readonly first: number;
  /** A last condition on a start that is free. */
  readonly accept: (column: number) => boolean;
  /** Told when words of other layers lie where the reference generator would put these, too. */
  readonly onTaken?: () => void;
}

/**
 * First word of a layer's kernels, the same in all of its processors: from the top where the device has longer
 * memories and only those are used, else the lowest place. null: there is none.
 */
export function findColumn(columns: WeightColumns, request: ColumnRequest, device: DeviceSpec): number | null {
  const fromTop =
    request.fromTop && usesLongMemoriesOnly(request, device) ? searchDown(columns, request, device) : null;
  return fromTop ?? searchUp(columns, request, device);
}

function usesLongMemoriesOnly({ processors, depthwise, length }: ColumnRequest, device: DeviceSpec): boolean {
  const { topDown, smallInstanceWords } = device.weightMemory;
  if (!topDown || (depthwise && length > smallInstanceWords)) return false;
  return processors.every((processor) => processor % device.processorsPerQuadrant === 0);
}

function searchUp(columns: WeightColumns, request: ColumnRequest, device: DeviceSpec): number | null {
  const { processors, length, accept } = request;
  const limit = Math.min(...processors.map((processor) => wordsOf(device, processor)));
  let column = roundUp(request.first, ALIGNMENT);
  while (column + length <= limit) {
    const instance = nextInstance(column, request, device);
    const taken = columns.firstTaken(processors, column, length);
    if (instance !== null) column = instance;
    else if (taken !== null) column = roundUp(taken + 1, ALIGNMENT);
    else if (accept(column)) return column;
    else {
      request.onTaken?.();
      column += ALIGNMENT;
    }
  }
  return null;
}

const instanceSize = (column: number, { weightMemory }: DeviceSpec): number =>
  column >= weightMemory.words ? weightMemory.smallInstanceWords : weightMemory.instanceWords;

/**
 * Depthwise kernels stay inside one memory instance. Where kernels at `column` would not, the start of the next
 * instance; else null. The last word of an instance stays unused, as in the reference generator.
 */
function nextInstance(column: number, { depthwise, length }: ColumnRequest, device: DeviceSpec): number | null {
  if (!depthwise || !device.capabilities.depthwiseSingleInstance) return null;
  const size = instanceSize(column + 2, device);
  const first = Math.floor((column + 1) / size);
  return first === Math.floor((column + length) / size) ? null : (first + 1) * size;
}

function searchDown(columns: WeightColumns, request: ColumnRequest, device: DeviceSpec): number | null {
  const { processors, length, accept } = request;
  const [firstProcessor] = processors;
  if (firstProcessor === undefined) return null;
  const words = wordsOf(device, firstProcessor);
  let last = words - 1;
  while (last >= 0 && !columns.isFree(firstProcessor, last)) last -= ALIGNMENT;
  while (last - length + 1 >= 0) {
    const settled = settle(columns, request, device, last);
    if (settled === null) return null;
    const column = alignDown(settled - length + 1);
    // Rounding down may have moved the start onto words of another layer.
    if (columns.areFree(processors, column, length) && accept(column)) return column;
    request.onTaken?.();
    last = column - 1;
  }
  return null;
}

/** Moves the last word down until the range above it is free in all processors; null: the search gave up. */
function settle(columns: WeightColumns, request: ColumnRequest, device: DeviceSpec, from: number): number | null {
  const { processors, length, depthwise } = request;
  const words = wordsOf(device, processors[0] as number);
  let last = from;
  for (let i = 0; i < processors.length;) {
    if (depthwise) {
      const size = instanceSize(last, device);
      if (Math.floor((last - 1) / size) !== Math.floor((last - length) / size)) last -= last % size;
    }
    const taken = lastTaken(columns, processors[i] as number, last, length);
    if (taken === null) {
      i++;
      continue;
    }
    last = alignDown(taken - 1);
    if (last < 0 || last + length > words) return null;
    i = 0;
  }
  return last;
}

function lastTaken(columns: WeightColumns, processor: number, last: number, length: number): number | null {
  for (let column = last; column > last - length; column--) if (!columns.isFree(processor, column)) return column;
  return null;
}

const alignDown = (column: number): number => column - (((column % ALIGNMENT) + ALIGNMENT) % ALIGNMENT);
