import {
  bit,
  bits,
  commonControlFields,
  commonLayerControlFields,
  commonRegisters,
  enableFields,
  onedFields,
  postFields,
  register,
  sramRegister,
  tableOf,
  tptrFields,
} from "../accelerator/register-fields.ts";

/** Registers of the MAX78000 accelerator. Sources: MAX78000 User Guide (CNN chapter); recorded programs of the vendor's generator. */
export const max78000Registers = tableOf([
  register("CTL", "quadrant", 0, "Control", "Quadrant control", {
    ...commonControlFields,
    globalMaxPool: bit(4, "global max-pool enable"),
    globalPool: bit(5, "global pooling enable"),
    globalChw: bit(6, "global CHW enable"),
    poolTimeShift: bit(30, "pooling time shift"),
  }),
  sramRegister,
  register("LCNT_MAX", "quadrant", 2, "Layer count", "Last layer", { last: bits(0, 8, "last layer") }),
  register("SRAM_TEST", "quadrant", 3, "Memory test", "Built-in self test", {
    runData: bit(0, "test data memory"),
    zeroData: bit(1, "clear data memory"),
    runMask: bit(2, "test weight memory"),
    zeroMask: bit(3, "clear weight memory"),
    runTram: bit(4, "test line buffers"),
    zeroTram: bit(5, "clear line buffers"),
    runBias: bit(6, "test bias memory"),
    zeroBias: bit(7, "clear bias memory"),
    failed: bits(14, 4, "failed: data, weight, line buffer, bias"),
    done: bits(18, 4, "done: data, weight, line buffer, bias"),
    allDone: bit(27, "all tests done"),
  }),
  register("IFRM", "quadrant", 612, "Input frame size", "Words fetched from the input FIFOs", {
    words: bits(0, 20, "words"),
  }),
  register("MLAT", "quadrant", 1024, "Packed read-out", "Four pixels of one channel", { data: bits(0, 32, "data") }),
  register("RCNT", "layer", 0, "Rows", "Input rows", {
    count: bits(0, 10, "rows - 1, padding included"),
    pad: bits(16, 2, "padding rows on each side"),
  }),
  register("CCNT", "layer", 1, "Columns", "Input columns", {
    count: bits(0, 10, "columns - 1, padding included"),
    pad: bits(16, 2, "padding columns on each side"),
  }),
  register("ONED", "layer", 2, "1D", "1-D, element-wise and time slots", onedFields),
  register("PRCNT", "layer", 3, "Pooling rows", "Pooling window rows", { count: bits(0, 4, "rows - 1") }),
  register("PCCNT", "layer", 4, "Pooling columns", "Pooling window columns", { count: bits(0, 4, "columns - 1") }),
  register("STRIDE", "layer", 5, "Stride", "Pooling stride", { stride: bits(0, 4, "stride - 1") }),
  register("WPTR_BASE", "layer", 6, "SRAM write ptr", "Write pointer", {
    word: bits(0, 13, "word inside a data memory instance"),
    instance: bits(13, 4, "data memory instance"),
  }),
  register("WPTR_TOFFS", "layer", 7, "Write ptr time slot offs", "Write pointer step per time slot", {
    words: bits(0, 17, "words"),
  }),
  register("WPTR_MOFFS", "layer", 8, "Write ptr mask offs", "Write pointer step per four output channels", {
    words: bits(0, 17, "words"),
  }),
  register("WPTR_CHOFFS", "layer", 9, "Write ptr multi-pass channel offs", "Write pointer step per output pass", {
    words: bits(0, 17, "words"),
  }),
  register("RPTR_BASE", "layer", 10, "SRAM read ptr", "Read pointer", {
    word: bits(0, 17, "word inside the instance"),
  }),
  register("LCTL", "layer", 11, "Layer control", "Layer control", {
    ...commonLayerControlFields,
    shareQuad: bits(0, 4, "share the receptive field inside four processors"),
    shareGroup: bit(4, "share the receptive field inside the quadrant"),
  }),
  register("MCNT", "layer", 12, "Mask offset and count", "Weight memory range in eighths of a kernel", {
    last: bits(0, 16, "last mask"),
    first: bits(16, 16, "first mask"),
  }),
  register("TPTR", "layer", 13, "TRAM ptr max", "Line buffer range", tptrFields),
  register("ENA", "layer", 14, "Mask and processor enables", "Enables", enableFields),
  register("POST", "layer", 15, "Post processing register", "Bias, shift, activation, mode", postFields),
  register("STREAM1", "stream", 16, "Stream processing start", "Streaming start", {
    start: bits(0, 14, "bytes before the layer starts"),
  }),
  register("STREAM2", "stream", 17, "Stream processing delta", "Streaming deltas", {
    inputVolume: bits(0, 4, "input volume"),
    delta1: bits(4, 5, "bytes between steps inside a row"),
    delta2: bits(16, 12, "bytes between steps across a row end"),
  }),
  register("FMAX", "stream", 18, "Rollover", "Length of the circular buffer", { words: bits(0, 17, "words") }),
  register("LCTL2", "layer", 20, "Layer control 2", "Passes and channel counts", {
    passes: bits(0, 4, "input passes - 1, bits 3 to 0"),
    writeIncrement: bits(4, 4, "write pointer step per pixel - 1"),
    channels: bits(8, 9, "(channels per output pass - 1) x weight bits"),
  }),
  ...commonRegisters,
]);
