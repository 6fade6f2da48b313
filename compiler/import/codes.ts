/** What `ai8xc explain` tells about the findings of importers. */
interface CodeExplanation {
  readonly title: string;
  readonly explanation: string;
  readonly example?: string;
}

export const importCodes = {
  AI1801: {
    title: "A reference names no layer",
    explanation:
      "Layers are named by number, counted from 0 in the order of the description, or by their 'name', whatever its case.",
    example: "in_sequences: [2, shortcut]",
  },
  AI1802: {
    title: "Execution does not pass every layer once",
    explanation:
      "Execution starts at the first layer and follows 'next_sequence'; a layer that is never reached would only waste memory, and a loop would never end.",
    example: "next_sequence: stop",
  },
  AI1803: {
    title: "There are more layers with weights than stored tensors",
    explanation:
      "Stored tensors are given to layers by order alone: the first tensor to the first layer that has weights of its own. Passthrough, bypass and weight-sharing layers take none.",
  },
  AI1804: {
    title: "Sizes or channels do not fit together",
    explanation:
      "Sizes follow from the sample input and from each layer's producers. Layers that are concatenated or combined need equal rows and columns; 'in_dim' must keep the number of pixels.",
    example: "in_dim: [16, 8]   # for 128 pixels",
  },
  AI1805: {
    title: "A window is larger than its data",
    explanation: "Pooling and convolution make data smaller; at least one row and one column must remain.",
  },
  AI1806: {
    title: "An output shift without convolution",
    explanation: "Only convolutions and linear layers shift their results.",
  },
  AI1808: {
    title: "Layers and rolling buffer contradict each other",
    explanation:
      "Where the layers find a rolling buffer, and how large it is, follows from 'data_buffer': it begins at its offset, moves down by as many rows as are added, and the newest rows end it.",
    example: "buffer_shift: 1   # with an 'in_offset' 8 bytes behind 'out_offset'",
  },
  AI4101: {
    title: "Weights have another shape than their layer",
    explanation:
      "The file belongs to another network, its layers stand in another order, or the kernel size of the description differs from the trained one.",
  },
  AI4102: {
    title: "Weights exceed their number of bits",
    explanation: "Weights of n bits go from -2^(n-1) to 2^(n-1)-1; binary weights are -1 and +1 only.",
  },
  AI4103: {
    title: "A bias exceeds 8 bits",
    explanation:
      "Bias memory holds one signed byte per output channel. Larger values mean that a checkpoint is not quantized.",
  },
  AI4104: {
    title: "A bias has the wrong number of values",
    explanation: "There is one bias value per output channel.",
  },
  AI4105: {
    title: "Batch normalization is not folded",
    explanation:
      "The accelerator has no batch normalization. Its scale and offset must be folded into the weights and bias of the preceding layer before quantization.",
  },
  AI4106: {
    title: "Stored weights and operators do not match",
    explanation:
      "Weights of a checkpoint are assigned by order, those of a .safetensors file by the operator's name. Operators without weights are an error; weights left over are ignored.",
  },
  AI4107: {
    title: "All weights of a layer are zero",
    explanation: "The layer computes nothing. Usually a checkpoint was quantized with the wrong number of bits.",
  },
  AI4108: {
    title: "A bias of zeros is left out",
    explanation: "It would take bias memory and change nothing.",
  },
  AI4109: {
    title: "Weights are no finite numbers",
    explanation: "A training run that diverges leaves infinities or NaN behind.",
  },
  AI4110: {
    title: "An impossible number of weight bits",
    explanation: "Weights have 1, 2, 4 or 8 bits.",
  },
  AI4111: {
    title: "Test weights exceed 8 bits",
    explanation: "Arrays of layer tests hold integers from -128 to 127; they are narrowed to the bits of each layer.",
  },
  AI4112: {
    title: "A checkpoint is not quantized",
    explanation: "A network description is compiled with integers. Quantize the trained checkpoint first.",
  },
  AI4113: {
    title: "The checkpoint belongs to another network",
    explanation: "The description's 'arch' and the one stored in the checkpoint must be equal, whatever their case.",
    example: "arch: ai85net5",
  },
  AI4115: {
    title: "Statistics of batch normalization do not fit the model",
    explanation:
      "Every batchNorm() of the model needs the statistics it was trained with, and every normalization that was trained must stand in the model: one too many or too few computes something else. In a .safetensors file statistics have the name of the batchNorm operator; in a checkpoint they go to the batchNorm operators by order. Checkpoints of the vendor's older training scripts divide the normalized output by 4, as those scripts do; newer ones, which store activation thresholds, and plain PyTorch do not. What training added to the variance is in no checkpoint: where it was not 1e-5, say it as batchNorm({ epsilon: 1e-3 }).",
    example: "tensors batchNorm_1.running_mean, .running_var, .weight, .bias   // the last two if it learned them",
  },
  AI4116: {
    title: "Statistics of batch normalization are damaged",
    explanation:
      "running_mean, running_var and, if present, weight and bias hold one finite number per channel; a variance is never negative.",
  },
  AI6101: {
    title: "A NumPy file cannot be read",
    explanation: "The file is damaged or holds objects instead of numbers.",
  },
  AI6102: {
    title: "A checkpoint cannot be read",
    explanation:
      "The file is damaged, or not what PyTorch's torch.save() writes. Nothing in it is ever executed; objects that are no tensors are refused.",
  },
  AI6103: {
    title: "A safetensors file cannot be read",
    explanation: "The file is damaged or not in the safetensors format.",
  },
  AI6104: {
    title: "A weights file holds something else",
    explanation:
      "Tensors are named after operators: '<operator>.weight' and '<operator>.bias', and '<operator>.running_mean' and '.running_var' for batch normalization.",
  },
  AI6201: {
    title: "A network description is no valid YAML",
    explanation:
      "The parser stopped at the place shown. Indentation with tabs and unclosed brackets are frequent causes.",
  },
  AI6202: {
    title: "An unknown key",
    explanation: "Keys are case-sensitive; unknown ones are refused because a misspelt key would silently do nothing.",
    example: "procesors: 0x1   # processors",
  },
  AI6203: {
    title: "A key stands twice",
    explanation: "YAML would silently use the last one.",
  },
  AI6204: {
    title: "A key is missing",
    explanation: "A description needs 'arch', 'dataset' and 'layers'; every layer needs 'processors'.",
  },
  AI6205: {
    title: "A value is not what its key needs",
    explanation:
      "Numbers with a leading zero are octal, as in YAML 1.1. Processor maps are integers, or texts of hexadecimal digits grouped with dots or underscores.",
    example: "processors: 0x0000.0000.0000.ffff",
  },
  AI6206: {
    title: "A key is given in two spellings",
    explanation: "Some keys have several names, such as 'op' and 'operation'; only one may be used in a layer.",
  },
  AI6207: {
    title: "A layer's number or name is taken",
    explanation: "Numbers and names identify layers; 'stop' and 'input' have meanings of their own.",
  },
  AI6208: {
    title: "A default was used",
    explanation: "Without 'out_offset' results are written at 0; without operator a layer is a Conv2d.",
  },
  AI6209: {
    title: "The default padding is that of the reference generator",
    explanation:
      "The reference keeps one default for all layers, and a Conv1d without 'pad' removes its columns. Descriptions made for it are read the same way.",
    example: "pad: 1",
  },
  AI6210: {
    title: "A use of a rolling buffer is not supported",
    explanation:
      "One layer moves the buffer with 'buffer_shift', a later one writes the newest rows with 'buffer_insert', and layers after both read the whole buffer.",
    example: "in_sequences: history   # in front of the layer with 'buffer_insert'",
  },
  AI6230: {
    title: "A key means nothing without another one",
    explanation:
      "'dilation', 'stride' and 'output_pad' belong to convolutions, 'pool_dilation' to pooling, 'operands' to element-wise operations, 'pool_first: false' to both of the latter. Only convolutions and linear layers flatten, and linear layers have neither 'kernel_size' nor 'pad'. Layers that move or read a rolling buffer say where and how much.",
    example: "{ op: passthrough, dilation: 2 }",
  },
  AI6231: {
    title: "A key is for the network input",
    explanation: "Only the input of the network can be in CHW format; what layers write is HWC.",
    example: "data_format: CHW   # in the second layer",
  },
  AI6232: {
    title: "A layer number is too large",
    explanation: "The number of a layer, 'sequence', is that of its registers, which the device has so many of.",
    example: "sequence: 32   # on MAX78000",
  },
  AI6233: {
    title: "An output offset lies outside data memory",
    explanation: "Offsets count bytes inside a data memory instance. Nothing is written beyond the last one.",
    example: "out_offset: 0x20000   # on MAX78000",
  },
} as const satisfies Record<string, CodeExplanation>;
