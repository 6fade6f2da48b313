/**
 * Output sizes of the operators along one axis, in samples. A size that does not exist (the window is larger than
 * the data) is 0. The types in `types/sizes.ts` are the twins of these functions.
 */

/** The value where it is a whole number from 0 upward; else NaN, which stands for "not known" in all formulas. */
export const whole = (value: number | string): number =>
  typeof value === "number" && Number.isInteger(value) && value >= 0 ? value : Number.NaN;

const atLeastZero = (value: number): number => (value < 0 ? 0 : value);

/** The accelerator's own formula: equals PyTorch's when the window is 2 or the dilation is 1. */
export const poolOutputSize = (size: number, window: number, stride: number, dilation: number): number =>
  stride < 1 ? Number.NaN : atLeastZero(Math.floor((size + stride - window - dilation + 1) / stride));

export const convOutputSize = (size: number, kernel: number, padding: number, dilation: number): number =>
  atLeastZero(size + 2 * padding - dilation * atLeastZero(kernel - 1));

/** Transposed convolutions double the resolution: stride 2, output padding 1. */
export const convTransposeOutputSize = (size: number, kernel: number, padding: number): number =>
  atLeastZero(2 * size - 2 * padding + atLeastZero(kernel - 1));

/** Groups of at most `processors` channels that a layer works through one after the other. */
export const channelPasses = (channels: number, processors: number): number =>
  Math.max(1, Math.ceil(channels / processors));

/** Channels that are worked through in all turns together; those of several turns take whole groups of processors. */
export function turnedChannels(
  channels: number,
  device: { readonly processors: number; readonly processorsPerDataInstance: number },
): number {
  const passes = channelPasses(channels, device.processors);
  const group = device.processorsPerDataInstance;
  return passes === 1 ? channels : passes * group * Math.ceil(Math.ceil(channels / passes) / group);
}

/** Bytes of `count` weights of 1, 2, 4 or 8 bits. */
export const weightBytes = (count: number, bits: number): number =>
  bits === 1 || bits === 2 || bits === 4 || bits === 8 ? Math.ceil((count * bits) / 8) : Number.NaN;
