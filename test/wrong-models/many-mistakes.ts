import { defineModel } from "ai8xc";

export default defineModel(
  { name: "wrong", device: "MAX78000", input: { shape: [3, 64, 64], format: "HWC" } },
  (x) =>
    x
      .conv2d(16, { kernel: 5 })
      .conv2d(16, { kernel: 3, padding: 3 })
      .maxPool2d(20)
      .conv2d(2000, { kernel: 1 })
      .conv2d(8, { kernel: 3, weightBits: 5 }),
);
