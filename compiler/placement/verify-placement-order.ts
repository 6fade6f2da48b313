import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Layer, Network } from "../ir/network.ts";

/**
 * How many leading input pixels are certainly fetched for the last time when an output pixel is written. Pixels are
 * fetched once, in raster order; with pooling, window by window. 0 throughout where the order is not known: then
 * every result is taken to be written before anything is read.
 */
export function pixelsConsumed(network: Network, layer: Layer): (pixel: number) => number {
  const operation = layer.convolution?.kind ?? "copy";
  const spread = operation === "conv1d" && reach(layer, 0) >= 9;
  const planar = layer.index === 0 && network.input.format === "CHW";
  if (layer.streaming || layer.flatten || layer.readAhead || spread || planar || operation === "convTranspose2d")
    return () => 0;
  return layer.pool === null ? (pixel) => plainConsumed(layer, pixel) : (pixel) => pooledConsumed(layer, pixel);
}

const reach = (layer: Layer, axis: 0 | 1): number =>
  ((layer.convolution?.kernel[axis] ?? 1) - 1) * (layer.convolution?.dilation ?? 1);

const padding = (layer: Layer, axis: 0 | 1): number => layer.convolution?.padding[axis] ?? 0;

/** The last row and column of (pooled) input under the kernel. */
function corner(layer: Layer, pixel: number, height: number, width: number): { row: number; column: number } {
  const row = Math.floor(pixel / layer.output.width) + reach(layer, 0) - padding(layer, 0);
  const column = (pixel % layer.output.width) + reach(layer, 1) - padding(layer, 1);
  if (row >= height) return { row: height - 1, column: width - 1 };
  return { row, column: Math.min(column, width - 1) };
}

function plainConsumed(layer: Layer, pixel: number): number {
  const { height, width } = layer.input;
  const { row, column } = corner(layer, pixel, height, width);
  return Math.max(0, row * width + column + 1);
}

/** Fetching goes on with the next window: in the same band of rows, or at the start of the next band. */
function pooledConsumed(layer: Layer, pixel: number): number {
  const { height, width } = layer.pooled;
  const [strideRows, strideColumns] = layer.pool?.stride ?? [1, 1];
  const { row, column } = corner(layer, pixel, height, width);
  if (row < 0) return 0;
  const nextRow = column === width - 1 ? row + 1 : row;
  const nextColumn = column === width - 1 ? 0 : Math.max(column + 1, 0);
  const next = nextRow * strideRows * layer.input.width + nextColumn * strideColumns;
  return Math.min(next, layer.input.height * layer.input.width);
}

/** A hidden one-pixel layer stands before average pooling that follows an element-wise layer. */
export const hasResetLayer = (network: Network, layer: Layer, device: DeviceSpec): boolean =>
  device.capabilities.averagePoolReset &&
  layer.pool?.kind === "average" &&
  network.layers[layer.index - 1]?.eltwise != null;
