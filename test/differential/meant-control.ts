import { type NetworkFacts, ofQuadrant } from "./layer-facts.ts";
import type { Fields, LayerRegisters } from "./meant-layers.ts";
import { frameWords } from "./meant-streaming.ts";

const flag = (condition: boolean): number => (condition ? 1 : 0);

/** Control registers of a quadrant that takes part, when the network is configured. */
export function meantQuadrant(network: NetworkFacts): LayerRegisters {
  const { options, layers, fifo, device } = network;
  const first = layers[0]?.set ?? 0;
  const frame = layers[0] === undefined ? 0 : frameWords(layers[0]);
  return {
    CTL: {
      waitStates: options.readySelect,
      fifo: flag(fifo),
      clockEnable: 1,
      express: flag(options.mexpress),
      pipelineOff: flag(device.capabilities.pipeline && !options.pipeline),
    },
    SRAM: { readMarginEnable: 1, readMargin: 3, negativeVoltage: 1 },
    LCNT_MAX: { first, last: layers.at(-1)?.set ?? 0 },
    IFRM: { words: fifo ? frame : 0 },
    ...snoopUnits(network),
  };
}

/** Every quadrant has the units, with the values as given. */
const snoopUnits = ({ snoop }: NetworkFacts): LayerRegisters =>
  Object.fromEntries(snoopRegisters.map((name, at) => [name, { value: snoop?.[at] ?? 0 }]));

const snoopRegisters = [1, 2].flatMap((unit) =>
  "A1 A2 D1 D2 X1 X2 C1 C2 ACC HIT MAX AM".split(" ").map((name) => `SNP${unit}_${name}`),
);

/** The registers that all quadrants share. */
export function meantShared({
  options,
  fifo,
  fastFifo,
  startProcessors,
  layers,
  device,
}: NetworkFacts): LayerRegisters {
  const channels = layers[0]?.layer.input.channels ?? 0;
  const enabled = [0, 1, 2, 3].filter((k) => k < channels && ofQuadrant(startProcessors, k) % 2n === 1n);
  const standard = {
    waitStates: options.readySelectFifo,
    almostFull: 2,
    almostEmpty: 2,
    couple: flag(device.capabilities.fifoCoupling),
    enable: enabled.reduce((bits, k) => bits + 2 ** k, 0),
  };
  return {
    AON_CTL: { waitStates: options.readySelectAon },
    FIFO_CTL: fifo && !fastFifo ? standard : {},
    FAST_FIFO_CR: fastFifo ? { threshold: 10 } : {},
  };
}

export interface ControlWrite {
  readonly quadrant: number;
  readonly fields: Fields;
}

/** The writes that start the network: every quadrant, and then the first once more. */
export function meantStart(network: NetworkFacts): readonly ControlWrite[] {
  const { options, layers, fifo, fastFifo, quadFifo, startProcessors, streaming, device } = network;
  const first = layers[0];
  const byWindows = device.capabilities.streamingFormulas === "window";
  const shared = {
    clockEnable: 1,
    waitStates: options.pipeline ? 0 : options.readySelect,
    streaming: flag(streaming),
    averageRounding: flag(network.averageRounding),
    circularBuffers: flag(fifo && streaming),
    express: flag(options.mexpress),
    binaryWeights: flag(layers.some(({ layer, bits }) => layer.convolution?.weights?.binary === true && bits === 1)),
    quadFifo: flag(quadFifo),
    oneShot: flag(options.oneShot),
    apbClockAlwaysOn: flag(network.snoop !== null),
    externalReady: flag(options.externalReady),
    pipelineOff: flag(device.capabilities.pipeline && !options.pipeline),
    globalChw: flag(byWindows && first?.layer.streaming === true && first.chw),
  };
  // The fast FIFO feeds four processors of quadrant 0, or one processor of each quadrant.
  const isGroup = startProcessors === 1n || (startProcessors & 0xen) !== 0n;
  const isFed = (quadrant: number) => (ofQuadrant(startProcessors, quadrant) & 0xfn) !== 0n;
  const input = (quadrant: number): Fields => ({
    fifo: flag(fifo),
    fastFifo: flag(fastFifo && isFed(quadrant)),
    fastFifoGroup: flag(fastFifo && isFed(quadrant) && isGroup),
  });
  const each = network.quadrants.map((quadrant) => ({
    quadrant,
    fields: { ...shared, ...input(quadrant), externalSync: 1, start: flag(quadrant !== 0) },
  }));
  const master = { ...shared, ...(isFed(0) ? input(0) : {}), externalSync: flag(fifo), start: 1 };
  return [...each, { quadrant: 0, fields: master }];
}
