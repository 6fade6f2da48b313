import { defineModel } from "ai8xc";

export default defineModel(
  { name: "wrong", device: "MAX78000", input: { shape: [1, 32, 32], format: "HWC" } },
  (x) => x.fold(3).conv2d(16, { kernel: 1 }),
);
