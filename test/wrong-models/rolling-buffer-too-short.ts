import { defineModel } from "ai8xc";

export default defineModel(
  { name: "wrong", device: "MAX78000", input: { shape: [16, 64], format: "HWC" } },
  (x) => x.conv1d(16, { kernel: 3 }).rollingBuffer(32).conv1d(8, { kernel: 3 }),
);
