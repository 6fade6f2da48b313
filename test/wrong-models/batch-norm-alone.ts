import { defineModel } from "ai8xc";

export default defineModel(
  { name: "wrong", device: "MAX78000", input: { shape: [16, 32, 32], format: "HWC" } },
  (x) => x.maxPool2d(2).batchNorm(),
);
