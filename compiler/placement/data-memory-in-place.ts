import { needsResetLayer } from "../ir/reset-layer.ts";
import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Layer, Network } from "../ir/network.ts";
import { runsAsTwoDimensional } from "./data-memory-layout.ts";

/** Smallest distance in bytes at which the vendor's own networks let results follow the input they consume. */
const provenDistance = 0x100;

/**
 * Results may overwrite input that was read for the last time. The value is the largest write offset minus read
 * offset, in bytes, at which no result ever lands on a pixel that is still needed; null where that is not known
 * to be safe.
 */
export function inPlaceDistance(
  network: Network,
  layer: Layer,
  words: { readonly read: number; readonly written: number },
  device: DeviceSpec,
): number | null {
  if (!mayWorkInPlace(network, layer, device)) return null;
  const free = pixelsFree(layer);
  const { height, width } = layer.output;
  let distance = Number.POSITIVE_INFINITY;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const written = (row * width + column + 1) * words.written;
      distance = Math.min(distance, free(row, column) * words.read - written);
    }
  }
  return 4 * distance - provenDistance;
}

function mayWorkInPlace(network: Network, layer: Layer, device: DeviceSpec): boolean {
  if (layer.streaming || layer.readAhead || layer.flatten || runsAsTwoDimensional(layer)) return false;
  if (layer.convolution?.kind === "convTranspose2d" || (network.input.format === "CHW" && layer.index === 0))
    return false;
  return !needsResetLayer(network, layer, device);
}

/** Number of leading input pixels that are never read again when the output pixel is written. */
function pixelsFree(layer: Layer): (row: number, column: number) => number {
  const { convolution, pool } = layer;
  const width = layer.input.width;
  const pixels = layer.input.height * width;
  const dilation = convolution?.dilation ?? 1;
  const [padRows, padColumns] = convolution?.padding ?? [0, 0];
  const reachRows = ((convolution?.kernel[0] ?? 1) - 1) * dilation - padRows;
  const reachColumns = ((convolution?.kernel[1] ?? 1) - 1) * dilation - padColumns;
  if (pool === null) {
    return (row, column) => {
      const needed = (row + reachRows) * width + Math.min(column + reachColumns, width - 1) + 1;
      return Math.max(0, Math.min(pixels, needed));
    };
  }
  const { height: pooledRows, width: pooledColumns } = layer.pooled;
  const [strideRows, strideColumns] = pool.stride;
  return (row, column) => {
    const lastRow = Math.min(row + reachRows, pooledRows - 1);
    const lastColumn = Math.min(column + reachColumns, pooledColumns - 1);
    if (lastRow < 0) return 0;
    const bandStart = lastRow * strideRows * width;
    if (lastColumn === pooledColumns - 1) return Math.min(pixels, bandStart + strideRows * width);
    return Math.min(pixels, bandStart + Math.max(0, lastColumn + 1) * strideColumns);
  };
}
