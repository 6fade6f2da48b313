import type { Placement } from "../../compiler/ir/placement.ts";
import { bitCount, highest, type LayerFacts, lowest, type NetworkFacts, ofQuadrant } from "./layer-facts.ts";

/** Values of the fields of registers; fields that are not named are zero. */
export type Fields = Readonly<Record<string, number>>;
export type LayerRegisters = Readonly<Record<string, Fields>>;

const flag = (condition: boolean): number => (condition ? 1 : 0);
const isConvolved = ({ operation }: LayerFacts): boolean => operation !== "none";
const isPoint = ({ kernel }: LayerFacts): boolean => kernel[0] === 1 && kernel[1] === 1;
const isPooled = ({ pool }: LayerFacts): boolean => pool[0] > 1 || pool[1] > 1;
const bytesOf = ({ layer }: LayerFacts): number => layer.outputBits / 8;

/** What the registers of a layer must hold in one quadrant, on either device: each has only some of these fields. */
export function meantLayer(
  l: LayerFacts,
  quadrant: number,
  network: NetworkFacts,
  placement: Placement,
): LayerRegisters {
  return {
    NXTLYR: successor(l, network),
    ...walk(l, network),
    ...pointers(l, quadrant, network),
    LCTL: control(l, quadrant, network, placement),
    LCTL2: control2(l),
    ...kernels(l, network, placement),
    ONED: oneDimensional(l, placement),
    TPTR: lineBuffer(l, network),
    POST: postProcessing(l, quadrant, network, placement),
    ENA: enables(l, quadrant),
  };
}

/** The layer of one pixel in front of an average after an element-wise operation, in quadrant 0 only. */
export function meantReset(l: LayerFacts, network: NetworkFacts): LayerRegisters {
  const own = pointers(l, 0, network);
  const first = { word: l.outputOffset >> 2, instance: lowest(l.outputProcessors) >> 2 };
  return {
    RCNT: { advance: 1 },
    CCNT: { advance: 1 },
    STRIDE: { step: 1 },
    WPTR_BASE: l.localSource ? (own.WPTR_BASE as Fields) : first,
    WPTR_TOFFS: own.WPTR_TOFFS as Fields,
    RPTR_BASE: own.RPTR_BASE as Fields,
    LCTL: { master: 1, poolMode: 1, globalWrite: 1 },
    ONED: { kernelLength: 1 },
    POST: { timeSlots: 1, passthrough: 1 },
    ENA: { processors: 1 },
  };
}

/** A link where another register set follows, or a snoop unit decides; always links where they are asked for. */
function successor(l: LayerFacts, { options, layers, jumps }: NetworkFacts): Fields {
  const next = layers[l.index + 1];
  const highest = Math.max(...layers.map(({ set }) => set));
  if (next === undefined) return l.set < highest || options.linkLayer ? { stop: 1 } : {};
  const target = layers[jumps.get(l.index) ?? next.index] as LayerFacts;
  const entry = target.set - flag(target.hasReset);
  return entry === l.set + 1 && !options.linkLayer ? {} : { link: 1, layer: entry };
}

/** Rows, columns, pooling windows and steps: counted with padding on one device, by the last window on the other. */
function walk(l: LayerFacts, { device }: NetworkFacts): LayerRegisters {
  // Where padding is not counted, a bit of its own says that there is any.
  const least = device.capabilities.paddingInRowCounter ? 0 : 1;
  const zoom = l.operation === "convT" ? 2 : 1;
  const rows = l.layer.flatten ? l.pool[0] : zoom * l.rows * (l.passesAsRows ? l.inputPasses : 1);
  const columns = l.layer.flatten ? l.pool[1] : zoom * l.columns;
  const words = (l.readGap + 1) * l.operands * l.inputPasses;
  const lastOf = (size: number, axis: 0 | 1): number =>
    Math.floor((size - l.pool[axis] - l.poolDilation[axis] + 1) / l.poolStride[axis]) * l.poolStride[axis];
  const [lastRow, lastColumn] = [lastOf(rows, 0), lastOf(columns, 1)];
  const rest = l.operation === "conv1d" ? 1 : columns - lastColumn;
  const axis = (size: number, padding: number, last: number, advance: number): Fields => ({
    count: size - 1 + 2 * padding,
    last,
    advance,
    padEnable: flag(padding > 0),
    pad: Math.max(0, padding - least),
  });
  const step = l.operation === "convT" ? 0 : Math.max(0, l.poolStride[0] - 1);
  return {
    RCNT: axis(rows, l.padding[0], lastRow, (rest + (l.poolStride[0] - 1) * columns) * words),
    CCNT: axis(columns, l.padding[1], lastColumn, columns - lastColumn),
    PRCNT: { count: (l.pool[0] - 1) * l.poolDilation[0], dilation: l.poolDilation[0] - 1 },
    PCCNT: { count: (l.pool[1] - 1) * l.poolDilation[1], dilation: l.poolDilation[1] - 1 },
    STRIDE: { stride: step, step: l.poolStride[0] * words },
  };
}

/** Pointers count words: inside an instance, and instances of the whole device. */
function pointers(l: LayerFacts, quadrant: number, { device }: NetworkFacts): LayerRegisters {
  const instance = 2 ** device.dataMemory.writePointerShift;
  const hasSteps = l.operation === "none" || l.depthwise;
  const far = bitCount(l.processors) > 4 || (l.operands > 1 && l.inputPasses > 1);
  const slot = l.operation === "none" && !far ? instance / 4 : instance;
  // A point kernel has a step, too, which nothing uses.
  const unused = (l.operation === "conv2d" || l.operation === "linear") && isPoint(l) ? 1 : 0;
  const gap = l.writeGap + 1;
  return {
    WPTR_BASE: writePointer(l, quadrant, instance),
    WPTR_TOFFS: { words: hasSteps && !l.broadcast ? slot : l.broadcast ? 0 : unused },
    WPTR_MOFFS: { words: isConvolved(l) ? instance : 0 },
    WPTR_CHOFFS: { words: l.outputPasses > 1 ? bytesOf(l) * gap : 0 },
    RPTR_BASE: { word: l.inputOffset >> 2 },
  };
}

function writePointer(l: LayerFacts, quadrant: number, instanceWords: number): Fields {
  const word = (l.outputOffset - l.garbage) / 4;
  if (l.localSource) {
    const first = lowest(l.outputProcessors >> BigInt(4 * quadrant)) & ~3;
    const flat = (word | (((first + 4 * quadrant) * instanceWords) / 4)) >>> 0;
    return { word: flat % instanceWords, instance: Math.floor(flat / instanceWords) };
  }
  if (l.operation === "none") {
    const own = ofQuadrant(l.outputProcessors, quadrant);
    return { word, instance: own === 0n ? 0 : 4 * quadrant + (lowest(own) >> 2) };
  }
  const first = lowest(l.outputProcessors);
  if (!l.depthwise || l.broadcast) return { word, instance: first >> 2 };
  // Every quadrant writes the channels it computed, behind those of the quadrants before.
  const from = lowest(l.processors);
  if (quadrant < from >> 4) return {};
  const ahead = 16 * (quadrant - (from >> 4)) + first - (quadrant === from >> 4 ? 0 : from % 16);
  return { word, instance: ahead >> 2 };
}

function control(l: LayerFacts, quadrant: number, network: NetworkFacts, placement: Placement): Fields {
  const ahead = l.tcalc ? Math.floor((l.inputPasses - 1) / 4) : l.inputPasses - 1;
  return {
    master: 1,
    chw: flag(l.chw),
    poolEnable: flag(isPooled(l)),
    poolMode: flag(!l.isAverage),
    relu: flag(l.layer.activation === "relu"),
    globalWrite: flag(!l.localSource),
    sources: quadrant === 0 ? addedQuadrants(l, network, placement) : 0,
    wide: flag(l.layer.outputBits === 32),
    readAhead: flag(l.layer.readAhead),
    kernelColumns: isConvolved(l) ? l.kernel[1] - 1 : 0,
    kernelRows: isConvolved(l) ? l.kernel[0] - 1 : 0,
    shiftCount: (l.layer.readAhead ? ahead : 0) + (l.broadcast ? 8 : 0),
    bypass: flag(l.bypass),
  };
}

/** Bits of the quadrants whose sums quadrant 0 adds to its own. */
function addedQuadrants(l: LayerFacts, network: NetworkFacts, placement: Placement): number {
  if (!isConvolved(l) || l.depthwise || (network.quadFifo && l.index === 0)) return 0;
  const biasQuadrant = placement.bias.layers[l.index]?.quadrant ?? null;
  return network.quadrants
    .filter((other) => other > 0 && (ofQuadrant(l.processors, other) !== 0n || other === biasQuadrant))
    .reduce((bits, other) => bits + 2 ** other, 0);
}

const maskBits = (l: LayerFacts): number => (l.bypass ? 8 : l.bits);

function control2(l: LayerFacts): Fields {
  const { outputProcessors } = l;
  const span = highest(outputProcessors) - (lowest(outputProcessors) & ~3);
  const passes = l.layer.flatten ? l.flattened % 16 : l.passesAsRows ? 0 : l.inputPasses - 1;
  return {
    passes,
    writeIncrement: isConvolved(l) ? l.outputPasses * (l.writeGap + 1) - 1 : l.writeGap,
    channels: span * maskBits(l),
  };
}

/** Kernels in a processor, and slots of output channels, as the hardware counts them. */
function kernelCounts(l: LayerFacts, network: NetworkFacts): { readonly kernels: number; readonly slots: number } {
  const { outputProcessors, outputPasses, inputPasses } = l;
  const { channels } = l.layer.output;
  if (l.bypass) return { kernels: Math.floor(channels / (l.depthwise ? channels : 1)), slots: channels };
  const skipped = lowest(outputProcessors) % 4;
  const base = outputPasses > 1 ? lowest(outputProcessors) - skipped : lowest(outputProcessors);
  const span = 1 + highest(outputProcessors) - base;
  if (l.depthwise) return { kernels: inputPasses * (1 + skipped), slots: (l.timeSlots + 1) * inputPasses };
  const all = (span + skipped) * outputPasses * inputPasses;
  if (l.layer.flatten) {
    const pixels = l.pooledRows * l.pooledColumns;
    const unused = (outputPasses * bitCount(outputProcessors) - channels) * pixels * inputPasses;
    return { kernels: all * pixels - unused, slots: all * pixels - unused };
  }
  const inQuadrant = network.quadFifo && l.index === 0 ? Math.ceil(all / 4) : all;
  return { kernels: inQuadrant, slots: inQuadrant };
}

/** First and last kernel in eighths, and where in its word the first one begins. */
function kernelRange(l: LayerFacts, network: NetworkFacts, placement: Placement) {
  const taps = l.kernel[0] * l.kernel[1];
  const byte = 9 * (placement.weights.layers[l.index]?.column ?? 0);
  const slot = Math.floor(byte / taps);
  const bits = maskBits(l);
  let length = (kernelCounts(l, network).kernels - 1) * bits;
  if (l.layer.calcx4 && l.index === 0) length = Math.ceil((length + bits) / 4) - bits;
  const first = 8 * (l.layer.calcx4 ? quarterSlot(slot) : slot);
  return { first, last: first + length, startByte: byte % taps };
}

/** Four outputs at a time: the first of four instances of 1024 words, or of 256 behind them. */
const quarterSlot = (slot: number): number =>
  slot < 4096 ? (slot % 4) * 1024 + (slot >> 2) : 4096 + ((slot - 4096) % 4) * 256 + ((slot - 4096) >> 2);

function kernels(l: LayerFacts, network: NetworkFacts, placement: Placement): LayerRegisters {
  if (!isConvolved(l)) {
    const passes = 8 * (l.outputPasses - 1);
    return { MCNT: { last: l.passesAsRows ? 0 : passes }, MCNT2: { first: passes }, OCHAN: { last: l.timeSlots } };
  }
  const { first, last } = kernelRange(l, network, placement);
  const slots = kernelCounts(l, network).slots - 1;
  const isFour = l.layer.calcx4 && !l.bypass && !l.depthwise;
  return {
    MCNT: { first, last },
    MCNT1: { last },
    MCNT2: { first },
    OCHAN: { last: isFour ? slots >> 2 : slots },
  };
}

const functions = { sub: 0, add: 1, or: 2, xor: 3 } as const;

function oneDimensional(l: LayerFacts, placement: Placement): Fields {
  const { eltwise } = l.layer;
  const taps = l.kernel[0] * l.kernel[1];
  const column = placement.weights.layers[l.index]?.column ?? 0;
  const single = l.operation === "none" ? l.operands === 1 : l.operation !== "convT" && isPoint(l);
  return {
    timeSlots: l.timeSlots,
    startByte: isConvolved(l) ? (9 * column) % taps : 0,
    kernelLength: l.operation === "conv1d" ? l.kernel[0] : flag(single),
    oneDimensional: flag(l.operation === "conv1d"),
    ...(eltwise === null
      ? {}
      : {
          eltwise: 1,
          eltwiseFunction: functions[eltwise.operation],
          poolFirst: flag(isPooled(l) && eltwise.poolFirst),
          eltwiseConvolve: flag(isConvolved(l)),
          operands: eltwise.operands - 1,
        }),
  };
}

/** The hardware has a mode of its own for flattening over so many passes. */
const manyPasses = 16;

function lineBuffer(l: LayerFacts, { layers }: NetworkFacts): Fields {
  const point = (l.operation === "conv2d" || l.operation === "linear") && isPoint(l);
  const streams = l.index > 0 && l.layer.streaming;
  if (l.operation === "conv1d" || (point && !streams)) {
    return l.flattened < manyPasses ? {} : { first: l.flattened, last: 2 * l.flattened + 1 };
  }
  const first = streams ? layers.slice(0, l.index).reduce((sum, k) => sum + k.lineWords * k.inputPasses, 0) : 0;
  return { first, last: first + l.lineWords - 1 };
}

function postProcessing(l: LayerFacts, quadrant: number, network: NetworkFacts, placement: Placement): Fields {
  const shift = l.layer.convolution?.shift ?? 0;
  const isMany = l.flattened >= manyPasses;
  const sizes: Readonly<Record<number, number>> = { 0: 0, 8: 0, 1: 1, 2: 2, 4: 3 };
  return {
    ...bias(l, quadrant, network, placement),
    shift: Math.abs(shift),
    shiftRight: flag(shift < 0),
    passesHigh: isMany ? l.flattened >> 4 : 0,
    weightSize: sizes[l.bits] as number,
    timeSlots: flag(!isConvolved(l) || l.depthwise),
    passthrough: flag(!isConvolved(l) && l.operands === 1),
    abs: flag(l.layer.activation === "abs"),
    flatten: flag(isMany),
    transposed: flag(l.operation === "convT"),
    calcx4: flag(l.layer.calcx4),
    depthwise: flag(l.depthwise),
    tcalc: flag(l.tcalc),
  };
}

/** One quadrant adds the bias; each its own part where channels stay apart, or behind a quad FIFO. */
function bias(l: LayerFacts, quadrant: number, network: NetworkFacts, placement: Placement): Fields {
  const place = placement.bias.layers[l.index] ?? null;
  const address = place?.offsets[quadrant] ?? null;
  if (place === null || address === null) return {};
  const isParted = l.depthwise || (network.quadFifo && l.index === 0);
  if (!isParted && place.quadrant !== quadrant) return {};
  const inFours = isParted ? l.broadcast : l.layer.calcx4;
  return { biasEnable: 1, biasAddress: inFours ? address >> 2 : address };
}

function enables(l: LayerFacts, quadrant: number): Fields {
  const processors = Number(ofQuadrant(l.processors, quadrant));
  return { processors, masks: isConvolved(l) && !l.bypass ? processors : 0 };
}
