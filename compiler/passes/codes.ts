/** What `ai8xc explain` tells about a finding. */
export interface CodeExplanation {
  readonly title: string;
  readonly explanation: string;
  readonly example: string;
}

const entry = (title: string, explanation: string, example: string): CodeExplanation => ({
  title,
  explanation,
  example,
});

/** Findings of the passes from model to network, and of the network's verifier. */
export const passCodes = {
  AI1502: entry(
    "Flattened data is read by an operator that cannot",
    "The accelerator flattens on the way into a linear layer; flattened data never lies in memory. Only linear operators can read it.",
    "x.flatten().maxPool2d(2)   // pool first: x.maxPool2d(2).flatten().linear(10)",
  ),
  AI1503: entry(
    "A reshape changes the number of channels",
    "Channels are bound to processors. A reshape counts rows and columns anew, the channels stay.",
    "x of 8 channels cannot become 4; use a 1x1 convolution",
  ),
  AI1504: entry(
    "A 32-bit result is read by another layer",
    "Layers read 8-bit data. 32-bit results are for reading out at the end.",
    "x.conv2d(8, { kernel: 1, wide: true }).conv2d(...)   // drop wide",
  ),
  AI1505: entry(
    "A 32-bit result is activated",
    "Activation works on 8-bit results.",
    "x.linear(10, { wide: true }).relu()   // drop one of the two",
  ),
  AI1506: entry(
    "Operators pinned to one layer cannot share it",
    "A hardware layer combines operands, pools, flattens, convolves and activates, in this order, and only its last result is visible. Operators pinned to the same layer number must form such a chain.",
    "two convolutions with { layer: 3 }",
  ),
  AI1510: entry(
    "An operator has no effect",
    "No result of the model depends on it; it is left out of the program.",
    "const unused = x.conv2d(8, { kernel: 1 }); return x.linear(10)",
  ),
  AI1520: entry(
    "A layer reads a layer that is not before it",
    "Layers are executed in order and read the network input or results of earlier layers.",
    "layer 3 with sources [5]",
  ),
  AI1521: entry(
    "Shapes of a network do not follow from one another",
    "Input, pooled and output shape of every layer are computed again from its sources and parameters.",
    "a layer that reads 8x4x4 as 4x4x4",
  ),
  AI1522: entry(
    "Weights do not belong to their layer",
    "The number of weights and biases follows from channels and kernel, their range from the number of bits.",
    "a weight of 9 in a layer with 4-bit weights",
  ),
  AI1523: entry(
    "A network computes nothing",
    "It needs at least one layer, and one whose result is read out.",
    "a model that returns its input",
  ),
  AI1524: entry(
    "A rolling buffer is put together wrongly",
    "One layer moves the rows that stay to the front, a later one writes the newest rows behind them, and layers after both read the whole buffer. Moving is all that the first of them does, by as many rows as are added.",
    "a layer that moves 14 of 15 rows while another adds 2",
  ),
  AI1530: entry(
    "There is no layer with this number",
    "Options such as --stop-after and --no-bias count the hardware layers, from 0, as the table of a build shows them.",
    "--stop-after 9 for a network of five layers",
  ),
  AI1540: entry(
    "Not every layer runs once",
    "Execution starts at one layer and goes on with the next number, or where `sequence.next` leads. It must pass every layer once and end; only a snoop unit can leave layers out.",
    'sequence: { next: { conv2d_1: "stop" } }   // with layers behind it',
  ),
  AI1541: entry(
    "An operator that was named has no layer",
    "Some operators disappear on the way to hardware layers: dropout, normalization that is folded into weights, changes of shape that change nothing.",
    'sequence: { start: "dropout_1" }',
  ),
  AI1542: entry(
    "What is to be read out does not exist in one piece",
    "A part of a result is some of its rows and channels. Results of more than 64 channels lie in memory pass by pass; a part lies in one pass. Memory is read for one processor per channel of a pass, inside its instances.",
    'unload: [{ tensor: "conv2d_1", channels: [60, 70] }]',
  ),
  AI1543: entry(
    "A jump cannot be made",
    "A snoop unit can make execution go on at a later layer, and only one link leads away from a layer. What runs with the sample starts at the first layer and follows these links. Layers that a jump leaves out may be read only where it lands, in the place of what ran before it.",
    'sequence: { onSnoop: { conv2d_3: "conv2d_1" } }',
  ),
  AI2613: entry(
    "What is to run with the sample is not what the simulator runs",
    "The simulator knows snoop units that jump or stop when words of data memory are equal to a value or lie in a range, as far as recorded programs show what their registers mean. Where a count or another comparison decides, it runs on as if the unit had seen nothing. What runs otherwise than the model says is not compared with the reference. Where no unit ends execution, layers that are not to run with the sample run all the same and may overwrite the known answer.",
    "simulated: [...] that leaves layers out when a count is reached",
  ),
  AI2501: entry(
    "Too many layers",
    "The device has a fixed number of layer registers. Pooling and element-wise operators that lead straight into a convolution share its layer; everything else takes one. Some devices need a hidden layer when average pooling follows an element-wise layer.",
    "33 layers on MAX78000",
  ),
  AI2502: entry(
    "Too many channels",
    "Channels are worked on in at most 16 passes of 64 processors.",
    "x.conv2d(2048, ...)",
  ),
  AI2503: entry(
    "Too many rows or columns, or none",
    "Every size along the way must be at least 1 and within the device's limit.",
    "x of 2x2 with a 3x3 kernel and no padding",
  ),
  AI2504: entry(
    "A row or column counter overflows",
    "On some devices the counters include padding.",
    "1023 rows with padding 1 on MAX78000",
  ),
  AI2505: entry("A frame is too large", "Pixels times passes must fit the frame counter.", "2048x1024 pixels"),
  AI2506: entry(
    "The kernel size is not available",
    "2-D kernels are 1x1 or 3x3, transposed ones 3x3, 1-D ones 1 to 9 long.",
    "kernel: 5",
  ),
  AI2507: entry(
    "The padding is not available",
    "Padding is less than the kernel and at most 2. Some devices cannot pad 1-D convolutions of more than 64 channels.",
    "kernel: 1, padding: 1",
  ),
  AI2508: entry(
    "The dilation is not available",
    "Only 1-D kernels can be dilated. One that then spans more than 9 samples has at most 3 taps, no padding, and a layer of its own.",
    "conv1d with kernel 5, dilation 4",
  ),
  AI2509: entry(
    "The stride is not available",
    "Convolutions move by one pixel, transposed convolutions double the size. Pooling reduces it.",
    "stride: 2",
  ),
  AI2510: entry(
    "The number of groups is not available",
    "Groups are 1, or as many as input and output channels where the device has depthwise convolution.",
    "groups: 2",
  ),
  AI2511: entry(
    "A concatenation has too many uneven parts",
    "Parts that do not fill passes evenly are added up as operands, of which there are at most 16.",
    "concat of 17 tensors of 3 channels",
  ),
  AI2512: entry(
    "The pooling window is not available",
    "Windows span 1 to 16 pixels, strides are 1 to 16 and the same in both directions; some devices dilate.",
    "maxPool2d(17)",
  ),
  AI2513: entry(
    "Too many channels are pooled without a convolution",
    "Some devices pool more than 64 channels only in front of a convolution, or down to one pixel.",
    "maxPool2d(2) of 128 channels as output",
  ),
  AI2515: entry(
    "An activation stands alone",
    "The hardware activates results of convolutions only.",
    "add(a, b).relu() pinned to one layer",
  ),
  AI2516: entry(
    "The output width is not available",
    "Results have 8 bits, or 32 where a convolution without activation makes them.",
    "a pooling layer with 32-bit results",
  ),
  AI2517: entry(
    "The number of operands is not available",
    "Element-wise operators combine 2 to 16 tensors.",
    "add of 17 tensors",
  ),
  AI2518: entry(
    "An element-wise operation shares a layer with a 1-D convolution",
    "The 1-D engine reads single tensors.",
    "add(a, b).conv1d(...) pinned to one layer",
  ),
  AI2519: entry(
    "Operands of several passes are pooled or convolved in the same layer",
    "Some devices do that for two operands of at most 128 channels only.",
    "add of 256 channels and conv2d pinned to one layer",
  ),
  AI2520: entry(
    "An element-wise operation shares a layer with a biased convolution",
    "Some devices cannot add a bias in such a layer.",
    "add(a, b).conv2d(8, { kernel: 1 }) pinned to one layer of MAX78002",
  ),
  AI2521: entry(
    "Too many operands are combined before pooling",
    "Two tensors can be combined before they are pooled in the same layer.",
    "add(a, b, c).maxPool2d(2) pinned to one layer",
  ),
  AI2522: entry(
    "Too much data is flattened",
    "Pixels per channel times passes must not exceed 256.",
    "flatten of 128x16x16",
  ),
  AI2523: entry(
    "Flattening is combined with something else",
    "A layer that flattens has a linear operator or 1x1 kernels, and neither pools nor streams.",
    "maxPool2d(2).flatten().linear(10) pinned to one layer",
  ),
  AI2524: entry(
    "The weight format is not available",
    "Weights have 1, 2, 4 or 8 bits; +1/-1 exists on some devices and excludes 0/-1 in the same network.",
    "binary: true on MAX78000",
  ),
  AI2525: entry(
    "The output shift is out of range",
    "The shift, including 8 minus the bits of the weights, is -15 to 15.",
    "outputShift: 12 with 4-bit weights",
  ),
  AI2526: entry(
    "Kernels are bypassed",
    "Only some devices can do without stored weights, and only with channels that fill all their passes.",
    "a bypass layer of a YAML file on MAX78000",
  ),
  AI2527: entry(
    "A calculation mode is not available",
    "Read-ahead and four-fold calculation exist on some devices; the latter needs a multiple of 4 outputs.",
    "calcx4 on MAX78000",
  ),
  AI2528: entry("A layer has too many biases", "The biases of a layer lie in one quadrant.", "600 biases on MAX78000"),
  AI2529: entry(
    "The input does not suit the FIFO",
    "FIFOs deliver a few channels, once, to the first layer.",
    "20 channels through the FIFO",
  ),
  AI2530: entry(
    "Layers cannot stream like this",
    "Streaming layers are the first ones, up to eight, in a row; their results go nowhere else. Linear operators and 1-D convolutions stream alone.",
    "streaming: true on the third layer only",
  ),
  AI2531: entry(
    "A streaming layer has a bias",
    "On some devices the result is unreliable.",
    "streaming: true with bias on MAX78000",
  ),
  AI2532: entry(
    "The input format does not suit the first layer",
    "CHW data takes one memory instance per channel and belongs to one operand.",
    "17 channels in CHW format",
  ),
  AI2550: entry(
    "An activation got a 1x1 identity convolution",
    "The hardware activates results of convolutions only, so that one was added. It takes a layer or shares one, and weight memory.",
    "add(a, b).relu()",
  ),
  AI2551: entry(
    "A pooling got a 1x1 identity convolution",
    "Some devices pool more than 64 channels only in front of a convolution.",
    "maxPool2d(2) of 128 channels as output",
  ),
  AI2552: entry(
    "The input is copied by a first layer",
    "FIFO data passes once, CHW data is read by the first layer only. Other uses read a copy.",
    "add(x, x.conv2d(...)) of a CHW input",
  ),
  AI2553: entry(
    "A concatenation is computed as a sum",
    "Memory holds four channels per word and 64 per pass. Parts that do not fit side by side are widened by 1x1 convolutions and added.",
    "concat of 3 and 5 channels",
  ),
  AI2554: entry(
    "A tensor is copied for one of its readers",
    "Operands lie interleaved in memory; other readers could not read them. What a layer reads ahead and what it writes lie in different blocks; a reader of both could not find them.",
    "add(y, y.conv2d(...)) on MAX78000",
  ),
  AI2555: entry(
    "A tensor is moved to other processors",
    "Operands must share processors and parts of a concatenation must be neighbors. Where that contradicts itself, a 1x1 convolution moves a tensor.",
    "concat(a, b) and concat(b, a)",
  ),
  AI2556: entry(
    "A tensor cannot be moved to the processors where its reader needs it",
    "Streaming layers run side by side, so that no layer can be put between them to move a tensor.",
    "a streaming layer that pools an input of 8 channels from the FIFOs without a convolution",
  ),
  AI2558: entry(
    "The newest rows of a rolling buffer are copied into it",
    "A rolling buffer moves before its newest rows are written, so that the layer that makes them cannot be the first one or one that streams. It can write into one buffer only, and no more than the rows themselves, as a widely dilated convolution would. Otherwise a copy writes the rows.",
    "x.rollingBuffer(32) on the network input",
  ),
  AI2557: entry(
    "Parts of a tensor are copied",
    "Operands that are channels of one tensor must lie in words of their own in data memory. Where they do not, 1x1 convolutions copy every part, which takes time, memory and weights.",
    "add(...x.conv2d(8, { kernel: 1 }).split(2))",
  ),
  AI2559: entry(
    "Channels of a tensor are copied",
    "A layer reads some channels of a tensor where they lie, if they lie like a tensor of their own: on processors that work at the same time. Otherwise a 1x1 convolution selects them, which takes time, memory and weights.",
    "x.channels(48, 32) of 128 channels",
  ),
  AI2560: entry(
    "A tensor is copied behind other rows",
    "Rows that a layer reads one after the other lie like that in data memory. A tensor can be written into one such place only, and the network input, what streams and what a widely dilated convolution writes cannot; a copy takes time and memory.",
    "concatRows(x, x)",
  ),
  AI4501: entry(
    "A batch normalization cannot be folded",
    "It becomes part of the trained convolution in front of it, which nothing else may read and which must not be quantized or activated yet.",
    "x.maxPool2d(2).batchNorm()",
  ),
  AI4502: entry(
    "Values for an operator are missing",
    "The weights file has none under its name.",
    "an operator renamed after training",
  ),
  AI4503: entry("Weights are not finite", "NaN or infinity cannot be quantized.", "a training run that diverged"),
  AI4504: entry("Quantized weights are no integers", "The file says that they are quantized.", "a weight of 0.5"),
  AI4505: entry(
    "Weights cannot be shared",
    "weightsOf names an operator with own weights of the same shape.",
    'weightsOf: "pool"',
  ),
  AI4506: entry(
    "An output shift cannot be represented",
    "The shift, including 8 minus the bits of the weights, is -15 to 15.",
    "outputShift: 12 with 4-bit weights",
  ),
  AI4507: entry(
    "An accumulator can overflow",
    "Sums must stay below 2^31 for every possible input.",
    "a linear operator over 200,000 inputs with large weights",
  ),
  AI4508: entry(
    "The file has another number of weight bits",
    "The model's number is used; the shift of the file may not fit it.",
    "weightBits 8 with a file quantized to 4 bits",
  ),
  AI4510: entry(
    "The sample has another shape",
    "It must have the shape of the network input, folded or not.",
    "a 3x32x32 sample for a 1x28x28 input",
  ),
} as const satisfies Record<string, CodeExplanation>;

export type PassCode = keyof typeof passCodes;
