/** What `ai8xc explain` tells about a diagnostic of the DSL. */
export interface CodeExplanation {
  readonly title: string;
  readonly explanation: string;
  readonly example?: string;
}

/** Diagnostics of models: AI10xx shapes and graph, AI20xx device limits, AI31xx memory. Codes are never reused. */
export const dslCodes = {
  AI1001: {
    title: "An operator has no such option",
    explanation:
      "The name is misspelt, or the option belongs to another operator. The hint lists the options there are.",
    example: "x.avgPool2d(2, { dilation: 2 })   // only maximum pooling can be dilated",
  },
  AI1002: {
    title: "An argument is of the wrong type",
    explanation: "Values that are not literals pass the editor and are judged when the model runs.",
    example: 'x.conv2d(16, { kernel: 3, padding: "same" })',
  },
  AI1003: {
    title: "An argument is missing",
    explanation: "Convolutions need a kernel size, pooling a window size, operators with weights an output size.",
    example: "x.conv2d(16, { padding: 1 })   // no kernel",
  },
  AI1004: {
    title: "Two operators have the same name",
    explanation:
      "Names connect operators with weights files, pins and messages, so each is used once. Operators without a name " +
      "are numbered by kind: conv2d_1, conv2d_2, and so on.",
    example: 'x.conv2d(8, { kernel: 1, name: "a" }).conv2d(8, { kernel: 1, name: "a" })',
  },
  AI1005: {
    title: "Folding comes first",
    explanation:
      "Data folding changes how the network input itself lies in memory, so it can only be applied once, to the input, " +
      "before any operator reads it.",
    example: "(x) => x.conv2d(8, { kernel: 1 }).fold(2)   // write x.fold(2).conv2d(...)",
  },
  AI1006: {
    title: "The fold factor does not divide the input",
    explanation: "Folding by n makes n x n channels of every square of n x n pixels; no pixels may be left over.",
    example: "an input of 30x30 with fold(4)",
  },
  AI1007: {
    title: "An operand is not a tensor of this model",
    explanation: "add, sub, bitwiseXor, bitwiseOr and concat take tensors made from the input of the same defineModel.",
    example: "add(y, 1)",
  },
  AI1008: {
    title: "There is no such device",
    explanation: "`device` is the name of a chip, or a list of names: then the model must fit all of them.",
    example: 'device: "MAX78001"',
  },
  AI1009: {
    title: "The input shape is not usable",
    explanation: "Shapes are written channels first: [channels, rows, columns], or [channels, length] for 1-D data.",
    example: 'input: { shape: [28, 28, 1, 1], format: "HWC" }',
  },
  AI1010: {
    title: "The model returns no tensor",
    explanation: "The function given to defineModel returns the output tensor, or an array of output tensors.",
    example: "(x) => { x.conv2d(8, { kernel: 3 }) }   // the braces need a return",
  },
  AI1011: {
    title: "A kernel does not fit the data",
    explanation: "Rows or columns plus padding are fewer than the kernel needs, so there is no output at all.",
    example: "conv2d(8, { kernel: 3 }) on data of 2x2",
  },
  AI1012: {
    title: "Pooling leaves nothing",
    explanation: "The window is larger than the data. Pooling never pads.",
    example: "maxPool2d(4) on data of 3x3",
  },
  AI1013: {
    title: "Operands have different channels",
    explanation: "Element-wise operators combine value by value, so all operands have the same number of channels.",
    example: "add(x.conv2d(16, { kernel: 1 }), x.conv2d(32, { kernel: 1 }))",
  },
  AI1014: {
    title: "Operands have different sizes",
    explanation: "Element-wise operators combine value by value, so all operands have the same rows and columns.",
    example: "add(y, y.conv2d(16, { kernel: 3 }))   // without padding the result is smaller",
  },
  AI1015: {
    title: "Parts of a concatenation have different sizes",
    explanation: "Concatenation puts channels one after the other; rows and columns are the same in all parts.",
    example: "concat(y, y.maxPool2d(2))",
  },
  AI1016: {
    title: "Flatten is not followed by linear",
    explanation:
      "The hardware flattens while a linear operator reads its input. There is no flattened copy in memory that " +
      "another operator could read, or that could be an output.",
    example: "x.flatten().conv2d(8, { kernel: 1 })",
  },
  AI1017: {
    title: "An activation without an operator to belong to",
    explanation: "The activation is part of a convolution or linear operator; pooled, added or copied data has none.",
    example: "add(a, b).relu()",
  },
  AI1018: {
    title: "Batch normalization in the wrong place",
    explanation:
      "batchNorm is folded into the weights and bias of the convolution or linear right before it, which works only " +
      "while nothing has been applied to the result yet.",
    example: 'x.conv2d(8, { kernel: 3, activation: "relu" }).batchNorm()   // use .batchNorm().relu()',
  },
  AI1019: {
    title: "A one-dimensional operator on two-dimensional data",
    explanation: "conv1d, maxPool1d and avgPool1d work along the rows of data that is one column wide.",
    example: "conv1d(8, { kernel: 3 }) on data of 28x28",
  },
  AI1020: {
    title: "Reshape changes the number of pixels",
    explanation: "Reshape reads the same pixels of each channel with other row and column counts; channels stay.",
    example: "reshape(16, 16) on data of 15x17",
  },
  AI1021: {
    title: "Weights cannot be shared",
    explanation:
      "weightsOf names an operator that comes earlier, has weights of its own, and has the same kernel, input and " +
      "output channels.",
    example: 'x.conv2d(8, { kernel: 3, weightsOf: "conv2d_9" })',
  },
  AI1022: {
    title: "The graph is damaged",
    explanation:
      "Only graphs from files or other programs can have this: ids are positions, inputs come before their readers, " +
      "and every operator reads the number of tensors it needs.",
  },
  AI1023: {
    title: "There is no such activation",
    explanation: "The hardware computes relu and abs. Without activation the result is only clamped to 8 bits.",
    example: 'x.conv2d(8, { kernel: 3, activation: "tanh" })',
  },
  AI1024: {
    title: "A result is never used",
    explanation: "The operator is neither read by another one nor returned, so it would only cost time and memory.",
  },
  AI1025: {
    title: "Crop leaves nothing",
    explanation: "crop(start, end) drops rows (or samples); at least one must be left.",
    example: "crop(10, 10) on 20 rows",
  },
  AI1026: {
    title: "A linear operator works on every pixel",
    explanation:
      "Without flatten, linear applies the same weights to each pixel, as a 1x1 convolution does. That is legal but " +
      "rarely meant.",
    example: "x.maxPool2d(2).linear(10)   // instead of .flatten().linear(10)",
  },
  AI1027: {
    title: "A 32-bit result is read by another operator",
    explanation: "Operators read 8-bit data. The four bytes of each 32-bit value would be taken for four values.",
    example: "x.conv2d(8, { kernel: 3, wide: true }).conv2d(8, { kernel: 3 })",
  },
  AI1028: {
    title: "A 2-D convolution on 1-D data",
    explanation: "Data from a 1-D input or operator has one column, which a 2-D kernel hardly uses.",
    example: "x.conv1d(8, { kernel: 3 }).conv2d(8, { kernel: 1 })",
  },
  AI1029: {
    title: "A 32-bit result cannot be activated",
    explanation: "The activation works on the 8-bit result; `wide` bypasses that step. Activate on the processor.",
    example: 'x.linear(10, { wide: true, activation: "relu" })',
  },
  AI1030: {
    title: "Two activations in a row",
    explanation: "Each convolution or linear operator has one activation.",
    example: 'x.conv2d(8, { kernel: 3, activation: "relu" }).abs()',
  },
  AI1031: {
    title: "There are no such channels",
    explanation: "channels(first, count) reads `count` channels, counted from 0; all of them must be there.",
    example: "x.channels(16, 32) on data of 32 channels",
  },
  AI1032: {
    title: "Rows of different shape",
    explanation: "concatRows puts rows one after the other; channels and columns are the same in all parts.",
    example: "concatRows(y, y.maxPool2d(2))",
  },
  AI1034: {
    title: "The channels cannot be split like this",
    explanation: "split makes equal groups of channels, as many as an element-wise operator can combine.",
    example: "x.split(3) on data of 8 channels",
  },
  AI1035: {
    title: "A part of a tensor is read alone",
    explanation:
      "Only element-wise operators read parts: all those of one tensor, in order, as their operands. What reads some " +
      "channels of a tensor alone gets them with channels(first, count).",
    example: "const [a] = x.split(2); return a.conv2d(8, { kernel: 1 });",
  },
  AI1036: {
    title: "Parts of a tensor are combined with others",
    explanation: "An element-wise operator reads all parts of one split tensor, in order, or whole tensors only.",
    example: "const [a, b] = x.split(2); return sub(b, a);",
  },
  AI1037: {
    title: "A rolling buffer keeps nothing",
    explanation:
      "A rolling buffer holds the rows of several inferences. As long as the tensor or shorter, it would hold the " +
      "newest one only.",
    example: "x.conv1d(8, { kernel: 3 }).rollingBuffer(4)   // on a result of 6 samples",
  },
  AI1038: {
    title: "A rolling buffer of 32-bit data",
    explanation: "Rolling buffers are read by operators, and operators read 8-bit data.",
    example: "x.conv2d(8, { kernel: 3, wide: true }).rollingBuffer(4)",
  },
  AI1041: {
    title: "Pins for an operator that is not there",
    explanation: "The pins given with a model go to operators by name, and each name must be one of the model's.",
    example: 'defineModel({ ... }, (x) => x.conv2d(8, { kernel: 3, name: "first" }), { frist: { processors: 0x7n } })',
  },
  AI2001: {
    title: "The kernel size is not available",
    explanation: "Each kind of convolution has the kernels that its engine is built for.",
    example: "x.conv2d(8, { kernel: 5 })   // two 3x3 layers see the same 5x5 area",
  },
  AI2002: {
    title: "The padding is not available",
    explanation: "Zeros are added on all sides alike, up to the width of the padding field.",
    example: "x.conv2d(8, { kernel: 3, padding: 3 })",
  },
  AI2003: {
    title: "The padding is not smaller than the kernel",
    explanation: "With more padding, some results would come from zeros alone; the hardware does not support that.",
    example: "x.conv2d(8, { kernel: 1, padding: 1 })",
  },
  AI2004: {
    title: "The stride is not available",
    explanation:
      "Convolutions visit every position; transposed ones double rows and columns. To down-sample, pool right before " +
      "the convolution: both run in one layer.",
    example: "x.conv2d(8, { kernel: 3, stride: 2 })   // x.maxPool2d(2).conv2d(8, { kernel: 3 })",
  },
  AI2005: {
    title: "The dilation of a 2-D convolution is not available",
    explanation: "2-D kernels read neighboring pixels. 1-D convolutions can be dilated.",
    example: "x.conv2d(8, { kernel: 3, dilation: 2 })",
  },
  AI2006: {
    title: "The dilation of a 1-D convolution is not available",
    explanation:
      "A dilated kernel is stretched with zeros while it fits the longest kernel. Kernels of up to 3 samples can be " +
      "dilated further, on the 2-D hardware and without padding.",
    example: "x.conv1d(8, { kernel: 5, dilation: 3 })",
  },
  AI2007: {
    title: "A 1-D convolution cannot pad this many channels",
    explanation: "When channels are read in several turns, this device cannot pad one-dimensional data.",
    example: "128 input channels and conv1d(8, { kernel: 3, padding: 1 })",
  },
  AI2008: {
    title: "The output padding is fixed",
    explanation: "Transposed convolutions have an output padding of 1, so that padding 1 doubles the size exactly.",
    example: "x.convTranspose2d(8, { kernel: 3, outputPadding: 0 })",
  },
  AI2009: {
    title: "Grouped convolutions are not available",
    explanation: "This device has no depthwise mode.",
    example: "x.conv2d(16, { kernel: 3, groups: 16 })",
  },
  AI2010: {
    title: "This number of groups is not available",
    explanation: "A convolution either joins all channels (groups 1), or keeps every channel to itself (depthwise).",
    example: "x.conv2d(16, { kernel: 3, groups: 4 })",
  },
  AI2011: {
    title: "This number of weight bits is not available",
    explanation: "Weights are stored in 1, 2, 4 or 8 bits.",
    example: "x.conv2d(8, { kernel: 3, weightBits: 3 })",
  },
  AI2012: {
    title: "Weights of +1 and -1 are not available",
    explanation: "1-bit weights mean 0 and -1 unless the device has the binary mode, which is for 1-bit weights only.",
    example: "x.conv2d(8, { kernel: 3, weightBits: 1, binary: true })",
  },
  AI2013: {
    title: "The output shift is out of range",
    explanation:
      "Weights of fewer than 8 bits are shifted up by the missing bits; the sum of that and outputShift must fit the " +
      "shift field.",
    example: "x.conv2d(8, { kernel: 3, weightBits: 4, outputShift: 12 })",
  },
  AI2014: {
    title: "Too many output channels",
    explanation: "Channels are computed in turns of one per processor, and the number of turns is limited.",
    example: "x.linear(2000)",
  },
  AI2015: {
    title: "Too many input channels",
    explanation: "Channels are read in turns of one per processor, and the number of turns is limited.",
    example: "concat of two tensors with 600 channels each",
  },
  AI2016: {
    title: "Too many rows or columns",
    explanation: "Row and column counters have a fixed width. Folding turns pixels into channels.",
    example: "an input of 1x1100x100",
  },
  AI2017: {
    title: "The output has too many rows or columns",
    explanation: "Padding or up-sampling makes the result larger than the next operator could read.",
  },
  AI2018: {
    title: "Rows and padding exceed the row counter",
    explanation: "On this device the counters also count padding; transposed convolutions count the doubled rows.",
    example: "1023 rows with padding 1 on a counter up to 1024",
  },
  AI2019: {
    title: "The frame is too large",
    explanation: "A counter runs over rows x columns x turns of channels.",
  },
  AI2020: {
    title: "The input frame is too large for the FIFO",
    explanation: "Streaming input arrives through FIFOs, which count the words of a frame.",
  },
  AI2021: {
    title: "Too many channels for the FIFO",
    explanation: "There is one FIFO per quadrant; each carries four channels of HWC data, or one of CHW data.",
    example: "an input of 5 channels in CHW format before a streaming convolution",
  },
  AI2022: {
    title: "Too many channels for CHW input",
    explanation: "In CHW format, each channel fills a data memory of its own. HWC packs four channels into one.",
    example: 'input: { shape: [32, 64, 64], format: "CHW" }',
  },
  AI2023: {
    title: "Four outputs at a time are not available",
    explanation: "Only some devices can calculate four output channels at a time. The values are the same without it.",
    example: 'x.conv2d(8, { kernel: 3, calcx4: true })   // device: "MAX78000"',
  },
  AI2024: {
    title: "Four outputs at a time need channels in fours",
    explanation:
      "The kernels of four output channels lie side by side in weight memory, so that no group may be shorter.",
    example: "x.conv2d(6, { kernel: 3, calcx4: true })",
  },
  AI2025: {
    title: "Reading ahead is not available",
    explanation: "Only some devices can read the next data while they calculate. The values are the same without it.",
    example: 'x.conv2d(8, { kernel: 3, readAhead: true })   // device: "MAX78000"',
  },
  AI2026: {
    title: "tcalc without readAhead",
    explanation:
      "tcalc says how many passes of channels are read at a time when reading ahead; it has no meaning alone.",
    example: "x.conv2d(8, { kernel: 3, tcalc: false })   // add readAhead: true",
  },
  AI2027: {
    title: "Bypassing the kernels is not available",
    explanation: "Only some devices can convolve with weights of 1 that are stored nowhere.",
    example: 'x.conv2d(8, { kernel: 3, bypass: true })   // device: "MAX78000"',
  },
  AI2028: {
    title: "A bypass has no weights",
    explanation: "Every weight of a bypass is 1, so that options about weights and bias have no meaning.",
    example: "x.conv2d(8, { kernel: 3, bypass: true, bias: true })",
  },
  AI2029: {
    title: "A bypass sums what belongs to no channel",
    explanation:
      "Every weight of a bypass is 1, also for processors without a channel in the last turn, and between the samples " +
      "of a dilated kernel, where others have zeros.",
    example: "x.conv2d(4, { kernel: 1, bypass: true }) on data of 70 channels",
  },
  AI2030: {
    title: "The pooling window is not available",
    explanation:
      "Windows, including the gaps that dilation adds, have at most as many rows and columns as the counter.",
    example: "x.maxPool2d(17)",
  },
  AI2031: {
    title: "The pooling stride is not available",
    explanation: "The stride field has a fixed width.",
    example: "x.maxPool2d(2, { stride: 17 })",
  },
  AI2032: {
    title: "Pooling steps differ between rows and columns",
    explanation: "There is one stride for both dimensions. Without stride, the window size is used for it.",
    example: "x.maxPool2d([2, 3])   // add stride: 2",
  },
  AI2033: {
    title: "The pooling dilation is not available",
    explanation: "Only some devices can skip samples inside a pooling window.",
    example: "x.maxPool2d(2, { dilation: 2 })",
  },
  AI2034: {
    title: "Too many channels to pool without a convolution",
    explanation:
      "This device pools channels in several turns only in the same layer as a convolution, or down to one pixel.",
    example: "128 channels and maxPool2d(2).flatten()",
  },
  AI2040: {
    title: "This number of operands is not available",
    explanation: "Element-wise operators read their operands in turn; the number of turns is limited.",
    example: "add(x)",
  },
  AI2041: {
    title: "A part of a concatenation has odd channels",
    explanation:
      "Data memories hold groups of four channels. A part that ends inside a group would leave a gap before the next.",
    example: "concat(a, b) where a has 6 channels",
  },
  AI2050: {
    title: "Too many pixels to flatten",
    explanation: "Flattened pixels are counted like turns of channels, in a field of fixed width.",
    example: "flatten() on data of 17x17",
  },
  AI2051: {
    title: "Too many values to flatten",
    explanation: "With more channels than processors, the pixels of each turn add up.",
    example: "flatten() on data of 128x16x16",
  },
  AI2052: {
    title: "This length of a rolling buffer is not available",
    explanation: "The rows of a rolling buffer are counted like those of any tensor; a single one keeps nothing.",
    example: "x.rollingBuffer(1)",
  },
  AI2053: {
    title: "Too many channels for a rolling buffer",
    explanation:
      "Every row of a rolling buffer is one word per processor, so that moving it by whole words keeps each channel on " +
      "its processor.",
    example: "x.conv2d(128, { kernel: 1 }).rollingBuffer(8)",
  },
  AI3101: {
    title: "The weights exceed the weight memory",
    explanation:
      "The bytes of all weights up to this operator are more than the device stores. This sum is a lower bound: " +
      "placement may need more, and reports that on its own. In branches the editor counts the larger one only.",
    example: "two 3x3 convolutions from 512 to 512 channels",
  },
  AI3102: {
    title: "The input does not fit the data memory",
    explanation:
      "The data an operator reads must fit the memory of its channels; operands of element-wise operators share it.",
    example: "an input of 3x224x224 without streaming",
  },
  AI3103: {
    title: "The output does not fit the data memory",
    explanation:
      "The data an operator writes must fit the memory of its channels; 32-bit results take four times as much.",
    example: "64 channels of 128x128",
  },
  AI1044: {
    title: "There is no operator of this name",
    explanation:
      "Sequences and read-out lists name operators by the name they were given, or by the one made of kind and number.",
    example: 'sequence: { start: "conv_1" }   // the operator is called conv2d_1',
  },
  AI1045: {
    title: "A jump leads to where it comes from",
    explanation: "Every layer runs once; a layer that is followed by itself would run forever.",
    example: 'sequence: { next: { conv2d_1: "conv2d_1" } }',
  },
  AI2611: {
    title: "The device cannot jump between layers",
    explanation:
      "With link layers, execution may go on at any layer. Other devices execute layers in order, up to the last one.",
    example: 'sequence: { start: "conv2d_2" }   // on MAX78000',
  },
  AI2612: {
    title: "The device has no snoop units",
    explanation: "Snoop units compare what the accelerator reads and writes with values; some devices have none.",
    example: "snoop: { unit1: { C1: 1 } }   // on MAX78000",
  },
} as const satisfies Record<string, CodeExplanation>;
