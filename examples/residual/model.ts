import { add, concat, defineModel } from "ai8xc";

/** A small residual network for 32 x 32 color images: one sum, one concatenation. */
export default defineModel(
  { name: "residual", device: "MAX78000", input: { shape: [3, 32, 32], format: "HWC" } },
  (x) => {
    const stem = x.conv2d(16, { kernel: 3, padding: 1, activation: "relu" });
    const block = stem.conv2d(16, { kernel: 3, padding: 1, activation: "relu" }).conv2d(16, { kernel: 3, padding: 1 });
    const sum = add(stem, block);
    const wide = sum.maxPool2d(2).conv2d(32, { kernel: 3, padding: 1, activation: "relu" });
    const narrow = wide.conv2d(32, { kernel: 1, activation: "relu" });
    return concat(wide, narrow)
      .maxPool2d(2)
      .conv2d(32, { kernel: 3, padding: 1, activation: "relu" })
      .maxPool2d(2)
      .conv2d(16, { kernel: 3, padding: 1, activation: "relu" })
      .flatten()
      .linear(10, { wide: true });
  },
);
