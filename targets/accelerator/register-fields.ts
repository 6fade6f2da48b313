import type { FieldSpec, RegisterScope, RegisterSpec } from "./register.ts";

/** Shorthands that keep the register tables readable as tables. */
export const bits = (lsb: number, width: number, doc: string, values?: Readonly<Record<string, number>>): FieldSpec =>
  values === undefined ? { lsb, width, doc } : { lsb, width, doc, values };

export const bit = (lsb: number, doc: string): FieldSpec => ({ lsb, width: 1, doc });

export const register = (
  name: string,
  scope: RegisterScope,
  index: number,
  label: string,
  doc: string,
  fields: Readonly<Record<string, FieldSpec>>,
): RegisterSpec => ({ name, scope, index, label, doc, fields });

export const tableOf = (registers: readonly RegisterSpec[]): Readonly<Record<string, RegisterSpec>> =>
  Object.fromEntries(registers.map((spec) => [spec.name, spec]));

/** Enumerations both devices share. */
export const weightSizes = { bits8: 0, bits1: 1, bits2: 2, bits4: 3 } as const;
export const eltwiseFunctions = { sub: 0, add: 1, or: 2, xor: 3 } as const;
export const poolModes = { average: 0, max: 1 } as const;

/** The FIFO, fast FIFO and always-on registers, identical on both devices. */
export const commonRegisters: readonly RegisterSpec[] = [
  register("FIFO_CTL", "global", 0, "FIFO control", "Input FIFOs", {
    waitStates: bits(0, 2, "APB wait states"),
    almostFull: bits(2, 3, "almost-full threshold"),
    almostEmpty: bits(7, 3, "almost-empty threshold"),
    couple: bit(11, "all enabled FIFOs advance together"),
    enable: bits(12, 4, "one enable bit per FIFO"),
    fullInterrupt: bits(16, 4, "interrupt when full, per FIFO"),
    emptyInterrupt: bits(20, 4, "interrupt when empty, per FIFO"),
    almostFullInterrupt: bits(24, 4, "interrupt when almost full, per FIFO"),
    almostEmptyInterrupt: bits(28, 4, "interrupt when almost empty, per FIFO"),
  }),
  register("FIFO_STAT", "global", 1, "FIFO status", "Input FIFO status", {
    full: bits(0, 4, "full, per FIFO"),
    empty: bits(4, 4, "empty, per FIFO"),
    almostFull: bits(8, 4, "almost full, per FIFO"),
    almostEmpty: bits(12, 4, "almost empty, per FIFO"),
  }),
  ...[0, 1, 2, 3].map((index) =>
    register(`FIFO_WR${index}`, "global", 2 + index, "FIFO data", `Write port of FIFO ${index}`, {
      data: bits(0, 32, "four channels of one pixel (HWC) or four pixels (CHW)"),
    }),
  ),
  register("AON_CTL", "global", 0x400, "AON control", "Always-on domain", {
    waitStates: bits(0, 2, "APB wait states"),
    deepSleep: bits(8, 4, "weight memory in deep sleep, per quadrant"),
    powerDown: bits(12, 4, "weight memory powered down, per quadrant"),
    readMargin: bits(16, 4, "read margin most significant bit, per quadrant"),
  }),
  register("FAST_FIFO_CR", "fifo", 0, "Fast FIFO control", "Fast FIFO control", {
    threshold: bits(4, 4, "interrupt threshold"),
    control: bits(0, 4, "mode"),
  }),
  register("FAST_FIFO_SR", "fifo", 1, "Fast FIFO status", "Fast FIFO status", { full: bit(1, "FIFO full") }),
  register("FAST_FIFO_IE", "fifo", 2, "Fast FIFO interrupt enable", "Fast FIFO interrupt enable", {
    enable: bits(0, 32, "interrupt enables"),
  }),
  register("FAST_FIFO_DR", "fifo", 4, "Fast FIFO data", "Fast FIFO data", { data: bits(0, 32, "data word") }),
];

/** Control register bits whose meaning both devices share. */
export const commonControlFields: Readonly<Record<string, FieldSpec>> = {
  start: bit(0, "start processing (rising edge)"),
  waitStates: bits(1, 2, "APB wait states"),
  clockEnable: bit(3, "data path clock"),
  apbClockAlwaysOn: bit(7, "APB clock always on"),
  oneShot: bit(8, "stop after each layer"),
  syncQuadrant: bits(9, 2, "quadrant to synchronize to"),
  externalSync: bit(11, "wait for the master quadrant"),
  interrupt: bit(12, "inference complete (write 0 to clear)"),
  averageRounding: bit(13, "average pooling rounds"),
  streaming: bit(14, "streaming layers"),
  fifo: bit(15, "first layer reads the FIFO"),
  mlat: bit(16, "packed read-out port"),
  mlatLane: bits(17, 2, "byte lane of the packed read-out port"),
  circularBuffers: bit(19, "circular buffers for streaming layers"),
  express: bit(20, "packed weight loading"),
  simpleOneBit: bit(21, "simple logic for 1-bit weights"),
  fastFifo: bit(22, "fast FIFO feeds this quadrant"),
  fastFifoGroup: bit(23, "fast FIFO feeds four processors at once"),
  fifoClockDelay: bits(24, 6, "FIFO clock delay"),
  quadFifo: bit(31, "all quadrants process the same FIFO data"),
};

export const sramRegister = register("SRAM", "quadrant", 1, "SRAM control", "Memory timing", {
  readMarginEnable: bit(1, "read margin enable"),
  readMargin: bits(2, 4, "read margin"),
  negativeVoltage: bit(10, "write negative voltage enable"),
});

export const postFields: Readonly<Record<string, FieldSpec>> = {
  biasAddress: bits(0, 12, "first bias entry"),
  biasEnable: bit(12, "add bias"),
  shift: bits(13, 4, "output shift magnitude"),
  shiftRight: bit(17, "output shift direction: 1 = right"),
  passesHigh: bits(18, 4, "flatten: passes - 1, bits 7 to 4"),
  weightSize: bits(22, 2, "weight bits", weightSizes),
  timeSlots: bit(24, "time slots enable"),
  passthrough: bit(25, "one operand, no convolution"),
  abs: bit(26, "absolute value"),
  flatten: bit(27, "flatten mode"),
  transposed: bit(28, "transposed convolution"),
};

export const onedFields: Readonly<Record<string, FieldSpec>> = {
  timeSlots: bits(0, 4, "time slots - 1"),
  startByte: bits(4, 4, "first byte inside a weight word"),
  kernelLength: bits(8, 4, "1-D kernel length; 1 for 1x1 and passthrough"),
  oneDimensional: bit(12, "1-D processing"),
  eltwise: bit(13, "element-wise operation"),
  eltwiseFunction: bits(14, 2, "element-wise function", eltwiseFunctions),
  poolFirst: bit(16, "pool before the element-wise operation"),
  eltwiseConvolve: bit(17, "convolve the element-wise result"),
  operands: bits(18, 4, "operands - 1"),
};

export const enableFields: Readonly<Record<string, FieldSpec>> = {
  processors: bits(0, 16, "processors"),
  masks: bits(16, 16, "weight memories"),
};

export const tptrFields: Readonly<Record<string, FieldSpec>> = {
  last: bits(0, 16, "last line-buffer address"),
  first: bits(16, 16, "first line-buffer address"),
};

/** Layer control bits whose meaning both devices share. */
export const commonLayerControlFields: Readonly<Record<string, FieldSpec>> = {
  master: bit(5, "master of this layer"),
  chw: bit(6, "input is CHW"),
  poolEnable: bit(7, "pooling"),
  poolMode: bits(8, 1, "pooling mode", poolModes),
  relu: bit(9, "ReLU"),
  columnPadOnly: bit(10, "pad columns only"),
  globalWrite: bit(11, "global write bus"),
  sources: bits(12, 4, "add partial sums of these quadrants"),
  wide: bit(16, "32-bit output"),
};
