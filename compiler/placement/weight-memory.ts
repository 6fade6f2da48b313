import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { hasErrors } from "../../dsl/diagnostic.ts";
import { ceilDiv, maskOfRange, roundUp } from "../ir/geometry.ts";
import type { Network } from "../ir/network.ts";
import { registerOrder, registerPositions } from "../ir/network-sequence.ts";
import type { LayerPlacement, WeightMemory, WeightPlacement } from "../ir/placement.ts";
import { sharedLayers } from "./share-weights.ts";
import { checkKernels, shortestMemory, weightsDoNotFit } from "./weight-checks.ts";
import { fourWayColumns } from "./weight-four-way.ts";
import { WeightColumns } from "./weight-columns.ts";
import type { KernelCounts, KernelLayout } from "./weight-layout.ts";
import { kernelCounts, kernelLayout, WORD_BYTES } from "./weight-layout.ts";
import { findColumn } from "./weight-search.ts";
import type { KernelImage } from "./weight-stream.ts";
import { kernelImages } from "./weight-stream.ts";

export interface WeightOptions {
  /** Store equal kernels once. Default true. */
  readonly deduplicate?: boolean;
  /** First word that may be used. Default 0. */
  readonly firstWord?: number;
}

/**
 * Gives every layer's kernels a place in weight memory: layers that use all processors first, then in order, each at
 * the lowest place that is free in all of its processors. Codes: AI3201 (full), AI3202 to AI3205 (unsuitable pins).
 */
export function placeWeights(
  network: Network,
  layers: readonly LayerPlacement[],
  device: DeviceSpec,
  options: WeightOptions = {},
): { readonly memory?: WeightMemory; readonly diagnostics: readonly Diagnostic[] } {
  const { deduplicate = true, firstWord = 0 } = options;
  const layouts = layers.map((placement, index) =>
    kernelLayout(network, index, placement, device, network.options.fifo === "fast-quad" && index === 0),
  );
  const diagnostics = layouts.flatMap((layout) => (layout ? checkKernels(layout, device) : []));
  if (hasErrors(diagnostics)) return { diagnostics };
  const order = registerOrder(network);
  const shared = deduplicate ? sharedLayers(layouts, layers, order) : layouts.map(() => null);
  const placer = new Placer(network, device, firstWord);
  for (const index of placementOrder(order, layers, device)) {
    const layout = layouts[index];
    if (!layout || shared[index] !== null) continue;
    const problem = placer.place(index, layout);
    if (problem) return { diagnostics: [...diagnostics, problem] };
  }
  const placements = layers.map((_, index): WeightPlacement | null => {
    const original = shared[index] ?? null;
    const placement = placer.placements.get(original ?? index);
    return placement ? { ...placement, sharedWith: original } : null;
  });
  const usedBytes = layouts.reduce(
    (sum, layout, index) => sum + (layout && shared[index] === null ? storedBytes(layout) : 0),
    0,
  );
  return { memory: { layers: placements, chunks: placer.physical.chunks(), usedBytes }, diagnostics };
}

const storedBytes = ({ weights, bits }: KernelLayout): number => Math.floor((weights.data.length * bits) / 8);

/** Layers on all processors take the lowest words, the others fill up what is left. */
function placementOrder(indices: readonly number[], layers: readonly LayerPlacement[], device: DeviceSpec): number[] {
  const all = maskOfRange(0, device.processors);
  const isFull = (index: number) => layers[index]?.processors === all;
  return [...indices.filter(isFull), ...indices.filter((index) => !isFull(index))];
}

/** Where a word of a layer is kept; null: the memory has no such place. */
interface Cell {
  readonly processor: number;
  readonly column: number;
}

/** Words with content, as runs that stay together in memory. */
function usedRuns({ quad, fourWay }: KernelLayout, { used }: KernelImage): { word: number; count: number }[] {
  const runs: { word: number; count: number }[] = [];
  for (let word = 0; word < used.length; word++) {
    if (used[word] === 0) continue;
    const first = word;
    if (!quad && !fourWay) while (used[word + 1] === 1) word++;
    runs.push({ word: first, count: word + 1 - first });
  }
  return runs;
}

class Placer {
  readonly placements = new Map<number, Omit<WeightPlacement, "sharedWith">>();
  readonly physical: WeightColumns;
  /** Words as the search counts them, where four-way layers are not yet spread over the parts of memory. */
  private readonly logical: WeightColumns;
  private readonly network: Network;
  private readonly device: DeviceSpec;
  private readonly firstWord: number;

  constructor(network: Network, device: DeviceSpec, firstWord: number) {
    this.network = network;
    this.device = device;
    this.firstWord = firstWord;
    this.physical = new WeightColumns(device);
    this.logical = new WeightColumns(device);
  }

  place(index: number, layout: KernelLayout): Diagnostic | null {
    const counts = kernelCounts(layout);
    if (counts.length > shortestMemory(layout, this.device)) {
      return weightsDoNotFit(layout, counts.length, this.device);
    }
    const images = kernelImages(layout);
    const beginsFourWay = layout.fourWay && this.followsOrdinary(index);
    const startOf = (column: number) => (beginsFourWay ? 4 * column : column);
    let displaced = false;
    const found = findColumn(
      this.logical,
      {
        processors: layout.processors,
        length: counts.length,
        depthwise: layout.depthwise,
        fromTop: !beginsFourWay,
        first: roundUp(this.firstWord, 4),
        accept: (column) => this.fits(layout, images, startOf(column)),
        onTaken: () => {
          displaced = true;
        },
      },
      this.device,
    );
    if (found === null) return weightsDoNotFit(layout, counts.length, this.device);
    const column = startOf(found);
    const length = this.write(layout, images, column, counts);
    const { count, outputSlots } = counts;
    this.placements.set(index, { column, length, count, outputSlots, displaced });
    return null;
  }

  /** The register set before belongs to a layer that calculates one output at a time. */
  private followsOrdinary(index: number): boolean {
    const position = registerPositions(this.network)[index] ?? index;
    const before = registerOrder(this.network)[position - 1];
    return before !== undefined && this.network.layers[before]?.calcx4 !== true;
  }

  /** Every word with content finds a free place. */
  private fits(layout: KernelLayout, images: readonly KernelImage[], start: number): boolean {
    return images.every((image, rank) =>
      usedRuns(layout, image).every(({ word, count }) => {
        const cell = this.cell(layout, rank, start, word);
        return cell !== null && this.physical.areFree([cell.processor], cell.column, count);
      }),
    );
  }

  /**
   * Words reserved in the end: a flattened layer is as long as its content. What its processors are filled up to may
   * be a word more, where one of them borders on another layer.
   */
  private write(layout: KernelLayout, images: readonly KernelImage[], start: number, counts: KernelCounts): number {
    let { length } = counts;
    for (const [rank, image] of images.entries()) {
      for (const { word, count } of usedRuns(layout, image)) {
        this.take(layout, rank, start, word, image.bytes.subarray(word * WORD_BYTES, (word + count) * WORD_BYTES));
      }
      if (layout.quad) continue;
      const end = this.pad(layout, rank, start, image, length);
      if (layout.layer.flatten) length = end;
    }
    const content = Math.max(...images.map((image) => ceilDiv(image.end, WORD_BYTES)));
    return layout.layer.flatten && !layout.quad ? content : length;
  }

  /** Fills the rest of the reserved words with zeros where they are free; returns the word behind. */
  private pad(layout: KernelLayout, rank: number, start: number, image: KernelImage, length: number): number {
    const processor = layout.processors[rank] as number;
    let end = ceilDiv(image.end, WORD_BYTES);
    // The reference generator takes the word behind for its own when another layer has filled it.
    const isBoundary = image.end % WORD_BYTES === 0;
    if (isBoundary && this.logical.isTaken(processor, start + end)) end++;
    for (; end - layout.startSlots < length; end++) {
      const cell = this.cell(layout, rank, start, end);
      const free = cell !== null && this.physical.isFree(cell.processor, cell.column);
      if (free) this.take(layout, rank, start, end, new Uint8Array(WORD_BYTES));
    }
    return end;
  }

  private take(layout: KernelLayout, rank: number, start: number, word: number, bytes: Uint8Array): void {
    const cell = this.cell(layout, rank, start, word) as Cell;
    this.physical.take(cell.processor, cell.column, bytes);
    if (layout.quad) this.logical.take(cell.processor, cell.column, bytes);
    else this.logical.take(layout.processors[rank] as number, start + word, bytes);
  }

  private cell(layout: KernelLayout, rank: number, start: number, word: number): Cell | null {
    const processor = layout.processors[rank] as number;
    if (layout.quad) {
      const { processorsPerQuadrant, quadrants } = this.device;
      const quadrant = word % quadrants;
      return { processor: processor + processorsPerQuadrant * quadrant, column: start + Math.floor(word / quadrants) };
    }
    if (!layout.fourWay) return { processor, column: start + word };
    const column = fourWayColumns(layout, start, word, this.device);
    return column === null ? null : { processor, column };
  }
}
