import { defineModel } from "ai8xc";

export default defineModel(
  { name: "wrong", device: "MAX78000", input: { shape: [64, 8, 8], format: "HWC" } },
  (x) => x.conv2d(512, { kernel: 3, padding: 1 }).conv2d(512, { kernel: 3, padding: 1 }),
);
