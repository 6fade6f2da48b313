import type { TensorSource } from "../../runtime/reference/layer.ts";
import type { Network } from "../ir/network.ts";
import type { LiveTensor } from "../ir/schedule.ts";

/** Position of a tensor in arrays that hold the network input first and then every layer's output. */
export const tensorIndex = (source: TensorSource): number => (source === "input" ? 0 : source + 1);

/** Inverse of `tensorIndex`. */
export const tensorSource = (index: number): TensorSource => (index === 0 ? "input" : index - 1);

/** Number of leading layers that start before their input is complete. */
export function streamingLayers(network: Network): number {
  const first = network.layers.findIndex((layer) => !layer.streaming);
  return first < 0 ? network.layers.length : first;
}

/**
 * When every tensor holds data, indexed as `tensorIndex`. The network input starts at -1. Results stay until the
 * end of the network; a tensor nobody reads is still written. Streaming layers run together, so what they read and
 * the result of the last of them are live from layer 0 until the last of them has finished. Rolling buffers outlive
 * the inference: they hold data before the first layer and after the last one.
 */
export function liveRanges(network: Network): LiveTensor[] {
  const count = network.layers.length;
  const ends = [
    0,
    ...network.layers.map((layer) => (layer.isOutput || layer.index === count - 1 ? count : layer.index + 1)),
  ];
  for (const layer of network.layers) {
    for (const source of layer.sources) {
      const index = tensorIndex(source);
      ends[index] = Math.max(ends[index] ?? 0, layer.index + 1);
    }
  }
  const kept = new Set(network.layers.flatMap((layer) => (layer.recalls ? layer.sources : [])));
  const streaming = streamingLayers(network);
  return ends.map((end, index) => {
    if (kept.has(tensorSource(index))) return { source: tensorSource(index), start: -1, end: count + 1 };
    const together = streaming > 0 && index <= streaming;
    return {
      source: tensorSource(index),
      start: index === 0 ? -1 : together ? 0 : index - 1,
      end: together ? Math.max(end, streaming) : end,
    };
  });
}

/** Both hold data during the execution of some layer. */
export const liveTogether = (a: LiveTensor, b: LiveTensor): boolean => a.start < b.end && b.start < a.end;
