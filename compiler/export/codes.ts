/** What `ai8xc explain` tells about writing network descriptions. */
export const exportCodes = {
  AI6214: {
    title: "A network description cannot say this",
    explanation:
      "The compiled network is right and runs, but the reference generator has no key for this part of it, or refuses " +
      "it. Nothing was written.",
    example: "concat(x16, y32)   // channel counts of joined layers must be equal",
  },
  AI9004: {
    title: "The written description differs from the network",
    explanation:
      "Every export reads the files it wrote, compiles them and compares the program, operation by operation. A " +
      "difference is a defect of ai8xc: please report it with the model.",
  },
} as const;
