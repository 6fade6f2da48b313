import { defineModel } from "ai8xc";

export default defineModel(
  { name: "wrong", device: "MAX78000", input: { shape: [1, 1025, 4], format: "HWC" } },
  (x) => x.conv2d(4, { kernel: 1 }),
);
