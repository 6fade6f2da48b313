import { defineModel } from "ai8xc";

export default defineModel(
  { name: "wrong", device: "MAX78002", input: { shape: [16, 32, 32], format: "HWC" } },
  (x) => x.conv2d(32, { kernel: 3, groups: 16 }),
);
