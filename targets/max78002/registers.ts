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
import { snoopFields } from "../accelerator/snoop.ts";

const rowColumnFields = (what: string) => ({
  last: bits(0, 11, `start ${what} of the last pooling window`),
  pad: bits(13, 2, `padding ${what}s on each side - 1`),
  padEnable: bit(15, "padding"),
  advance: bits(
    16,
    16,
    what === "row"
      ? "words from the last column start to the next row start"
      : "columns from the last window start to the end",
  ),
});

const poolFields = (what: string) => ({
  count: bits(0, 4, `offset of the last window ${what}`),
  dilation: bits(4, 4, "dilation - 1"),
});

/** Registers of the MAX78002 accelerator. Source: recorded programs and constants of the vendor's generator. */
export const max78002Registers = tableOf([
  register("CTL", "quadrant", 0, "Control", "Quadrant control", {
    ...commonControlFields,
    externalReady: bit(4, "external ready"),
    pipelineOff: bit(5, "pipeline off"),
    globalChw: bit(6, "streaming CHW input"),
    binaryWeights: bit(30, "1-bit weights are +1/-1"),
  }),
  sramRegister,
  register("LCNT_MAX", "quadrant", 2, "Layer count", "First and last layer", {
    last: bits(0, 8, "last layer"),
    first: bits(8, 8, "first layer"),
  }),
  register("SRAM_TEST", "quadrant", 3, "Memory test", "Built-in self test and register clear", {
    runData: bit(0, "test data memory"),
    runMask: bit(2, "test weight memory"),
    runTram: bit(4, "test line buffers"),
    runBias: bit(6, "test bias memory"),
    clearRegisters: bit(7, "clear registers"),
    clearBias: bit(10, "clear bias memory"),
    select: bits(11, 3, "test selection"),
    failed: bits(14, 4, "failed: data, weight, line buffer, bias"),
    done: bits(18, 4, "done: data, weight, line buffer, bias"),
    clearDone: bit(25, "register clear done"),
  }),
  register("IFRM", "quadrant", 0x42018, "Input frame size", "Words fetched from the input FIFOs", {
    words: bits(0, 22, "words"),
  }),
  register("MLAT", "quadrant", 0x44000, "Packed read-out", "Four pixels of one channel", { data: bits(0, 32, "data") }),
  ...[1, 2].flatMap((unit) =>
    snoopFields.map((name, index) =>
      register(
        `SNP${unit}_${name}`,
        "quadrant",
        0x42020 + 12 * (unit - 1) + index,
        `Snoop ${unit} ${name}`,
        `Snoop unit ${unit}`,
        {
          value: bits(0, 32, "value"),
        },
      ),
    ),
  ),
  register("NXTLYR", "layer", 0, "Next Layer", "Successor", {
    layer: bits(0, 7, "next layer"),
    link: bit(7, "use the link"),
    stop: bit(8, "stop after this layer"),
  }),
  register("RCNT", "layer", 1, "Rows", "Input rows", rowColumnFields("row")),
  register("CCNT", "layer", 2, "Columns", "Input columns", rowColumnFields("column")),
  register("ONED", "layer", 3, "1D", "1-D, element-wise and time slots", onedFields),
  register("PRCNT", "layer", 4, "Pooling rows", "Pooling window rows", poolFields("row")),
  register("PCCNT", "layer", 5, "Pooling columns", "Pooling window columns", poolFields("column")),
  register("STRIDE", "layer", 6, "Stride", "Pooling stride", {
    stride: bits(0, 4, "stride - 1"),
    step: bits(4, 28, "words between horizontally adjacent windows"),
  }),
  register("WPTR_BASE", "layer", 7, "SRAM write ptr", "Write pointer", {
    word: bits(0, 15, "word inside a data memory instance"),
    instance: bits(15, 6, "data memory instance"),
  }),
  register("WPTR_TOFFS", "layer", 8, "Write ptr time slot offs", "Write pointer step per time slot", {
    words: bits(0, 21, "words"),
  }),
  register("WPTR_MOFFS", "layer", 9, "Write ptr mask offs", "Write pointer step per four output channels", {
    words: bits(0, 21, "words"),
  }),
  register("WPTR_CHOFFS", "layer", 10, "Write ptr multi-pass channel offs", "Write pointer step per output pass", {
    words: bits(0, 21, "words"),
  }),
  register("RPTR_BASE", "layer", 11, "SRAM read ptr", "Read pointer", {
    word: bits(0, 21, "word inside the instance"),
  }),
  register("LCTL", "layer", 12, "Layer control", "Layer control", {
    ...commonLayerControlFields,
    readAhead: bit(17, "read ahead"),
    kernelColumns: bits(18, 4, "kernel columns - 1"),
    kernelRows: bits(22, 4, "kernel rows - 1"),
    shiftCount: bits(26, 4, "read ahead: shift count; bit 29 is broadcast for depthwise layers"),
    bypass: bit(30, "no weights: every weight is 1"),
  }),
  register("LCTL2", "layer", 13, "Layer control 2", "Passes and channel counts", {
    passes: bits(0, 4, "input passes - 1, bits 3 to 0"),
    writeIncrement: bits(4, 8, "write pointer step per pixel - 1"),
    channels: bits(12, 9, "(channels per output pass - 1) x weight bits"),
  }),
  register("MCNT1", "layer", 14, "Mask count", "Last mask in eighths of a kernel", { last: bits(0, 19, "last mask") }),
  register("MCNT2", "layer", 15, "Mask offset", "First mask in eighths of a kernel", {
    first: bits(0, 19, "first mask"),
  }),
  register("OCHAN", "layer", 16, "Output channel count", "Output channels", {
    last: bits(0, 32, "output channel slots - 1"),
  }),
  register("TPTR", "layer", 17, "TRAM ptr max", "Line buffer range", tptrFields),
  register("ENA", "layer", 18, "Mask and processor enables", "Enables", enableFields),
  register("POST", "layer", 19, "Post processing register", "Bias, shift, activation, mode", {
    ...postFields,
    calcx4: bit(29, "four output channels at a time"),
    depthwise: bit(30, "depthwise"),
    tcalc: bit(31, "read-ahead transposition"),
  }),
  register("STREAM1", "stream", 0x2000, "Stream processing start", "Streaming start", {
    start: bits(0, 15, "bytes before the layer starts"),
    fifoGo: bit(25, "start before the first push"),
  }),
  register("STREAM2", "stream", 0x2008, "Stream processing delta", "Streaming deltas", {
    inputVolume: bits(0, 4, "input volume"),
    delta1: bits(4, 5, "bytes between steps inside a row"),
    delta2: bits(16, 14, "bytes between steps across a row end"),
  }),
  register("FMAX", "stream", 0x2010, "Rollover", "Length of the circular buffer", { words: bits(0, 18, "words") }),
  ...commonRegisters,
]);
