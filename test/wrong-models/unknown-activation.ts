import { defineModel } from "ai8xc";

export default defineModel(
  { name: "wrong", device: "MAX78000", input: { shape: [16, 32, 32], format: "HWC" } },
  (x) => x.conv2d(16, { kernel: 3, activation: "gelu" }),
);
