/** What `ai8xc explain` tells about writing network descriptions. */
export const exportCodes = {
  AI6214: {
    title: "A network description cannot say this",
    explanation:
      "The compiled network is right and runs, but the reference generator has no key for this part of it, or refuses " +
      "it. Nothing was written.",
    example: "concat(x16, y32)   // channel counts of joined layers must be equal",
  },
  AI6215: {
    title: "The reference generator makes something else of a layer",
    explanation:
      "The description says what the network is, but the reference generator has a defect that the layer meets. What " +
      "`ai8xc import` and `ai8xc build` make of the description is right. docs/deviations.md lists the differences.",
    example: "weightBits: 4 on 65 channels",
  },
  AI9004: {
    title: "The written description differs from the network",
    explanation:
      "Every export reads the files it wrote, compiles them and compares the program, operation by operation. A " +
      "difference is a defect of ai8xc: please report it with the model.",
  },
} as const;
