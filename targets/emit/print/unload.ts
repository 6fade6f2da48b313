import type { OutputLayout, UnloadSegment } from "../layout.ts";
import { notTransposed, transposedLines, type Transposer } from "./transposer.ts";
import { hex, withoutContinuation } from "./values.ts";

/** Which helper functions the body of cnn_unload() calls. */
export interface UnloadHelpers {
  readonly wide: boolean;
  /** Some output comes through the byte transposer. */
  readonly transposed: boolean;
  /** Element type of the other 8-bit outputs, null without any. */
  readonly narrow: "int8_t" | "int16_t" | null;
  /** Some output is multiplied by a power of two. */
  readonly scaled: boolean;
}

export const unloadHelpers = (layouts: readonly OutputLayout[], transposer: Transposer | null): UnloadHelpers => {
  const copied = layouts.filter((layout) => !isTransposed(layout, transposer));
  const narrow = copied.find(({ elementBits }) => elementBits !== 32);
  return {
    wide: copied.some(({ elementBits }) => elementBits === 32),
    transposed: copied.length < layouts.length,
    narrow: narrow === undefined ? null : narrow.elementBits === 8 ? "int8_t" : "int16_t",
    scaled: copied.some(({ scale }) => scale !== 0),
  };
};

const isTransposed = (layout: OutputLayout, transposer: Transposer | null): boolean =>
  transposer !== null && notTransposed(layout) === null;

/**
 * The statements of cnn_unload(): one call for what one data memory instance holds, or for each channel that comes
 * through the transposer.
 */
export function unloadLines(layouts: readonly OutputLayout[], transposer: Transposer | null): string[] {
  const { scaled } = unloadHelpers(layouts, transposer);
  return layouts.flatMap((layout, index) => [
    ...(index === 0 ? [] : [""]),
    `  // ${layoutTitle(layout)}`,
    `  // ${orderNote(layout)}`,
    ...(transposer !== null && isTransposed(layout, transposer)
      ? layout.segments.flatMap((segment) => transposedLines(layout, segment, transposer))
      : copyLines(layout, index, scaled)),
  ]);
}

const copyLines = (layout: OutputLayout, index: number, scaled: boolean): string[] => [
  ...outputPointer(layout, index),
  ...layout.segments.map((segment) => segmentLine(layout, segment, index, scaled)),
];

/** One line that names an output and its type, also used in cnn.h. */
export function layoutTitle({ output, elementBits, scale }: OutputLayout): string {
  const { channels, height, width, bits } = output.location;
  const factor = scale === 0 ? "" : `, times 2^${scale}`;
  const type = `${bits}-bit${elementBits === bits ? "" : ` as ${elementBits}-bit`}${factor}`;
  const title = output.layer === null ? `Memory (${output.name})` : `Layer ${output.layer} (${output.name})`;
  return withoutContinuation(`${title}: ${channels} x ${height} x ${width}, ${type}`);
}

function orderNote({ pixels, elementBits, output }: OutputLayout): string {
  if (pixels === 1) return "one value per channel, in order of channels";
  if (elementBits !== 32) return `channel after channel, ${pixels} values each (CHW)`;
  const last = output.location.channels % 4;
  const tail = last === 0 || output.location.channels < 4 ? "" : `, the last with ${last}`;
  return `groups of ${Math.min(4, output.location.channels)} channels${tail}; in a group, the channels of each pixel`;
}

function outputPointer({ elementBits, elements, words, wordOffset }: OutputLayout, index: number): string[] {
  const origin = `&out_buf[${wordOffset}]`;
  if (elementBits === 32) return [`  uint32_t *out${index} = ${origin};`];
  const padded = (elements * elementBits) % 32 !== 0;
  return [
    `  int${elementBits}_t *out${index} = (int${elementBits}_t *) ${origin};`,
    ...(padded ? [`  out_buf[${wordOffset + words - 1}] = 0; // The last word is not filled`] : []),
  ];
}

function segmentLine(layout: OutputLayout, segment: UnloadSegment, index: number, scaled: boolean): string {
  const wide = layout.elementBits === 32;
  const lanes = segment.lanes.reduce((mask, lane) => mask + 2 ** lane, 0);
  const numbers = [
    `&out${index}[${segment.start}]`,
    hex(segment.address),
    hex(lanes, 1),
    layout.pixels,
    segment.pixelStep,
    ...(wide ? [segment.pixelStride] : []),
    ...(scaled ? [layout.scale] : []),
  ];
  const last = segment.firstChannel + segment.lanes.length - 1;
  const channels = last === segment.firstChannel ? `Channel ${last}` : `Channels ${segment.firstChannel} to ${last}`;
  return `  ${wide ? "unload_words" : "unload_bytes"}(${numbers.join(", ")}); // ${channels}`;
}
