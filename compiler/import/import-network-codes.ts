/** What `ai8xc explain` tells about turning a network description into a model. */
export const importNetworkCodes = {
  AI1807: {
    title: "A layer takes other data than it gets",
    explanation:
      "The channels a layer takes follow from its weights; those it gets, from the layers in front. They must be equal: the weights belong to another network, stand in another order, or the description lost a layer.",
  },
  AI4114: {
    title: "Some weights of the file are not used",
    explanation:
      "Weights are given to layers in order, and the file has more of them than the description has layers. The rest is left out.",
  },
  AI6211: {
    title: "The description uses what models cannot say yet",
    explanation:
      "The hardware can do it, and the description may be right, but the model language has no words for it. Nothing was written.",
  },
  AI6212: {
    title: "A key has no meaning in a model",
    explanation:
      "It concerns tests, or how the reference generator writes its program; the model computes the same without it. Snoop units and pieces of memory mean addresses: with them, a model keeps its pins even where it was to have none.",
    example: "in_channel_skip: 1",
  },
  AI6213: {
    title: "A file that the import needs was not given",
    explanation:
      "Numbers of channels follow from the weights, sizes from a sample input; a description has neither. Weights are a trained checkpoint, or the arrays of a layer test.",
    example: "ai8xc import kws20.yaml --checkpoint kws20-q.pth.tar --sample sample_kws_20.npy",
  },
  AI9003: {
    title: "The imported model differs from its description",
    explanation:
      "Every import compiles the model it wrote and compares the result with the description. A difference is a defect of ai8xc: please report it with the description.",
  },
} as const;
