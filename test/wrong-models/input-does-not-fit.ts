import { defineModel } from "ai8xc";

export default defineModel(
  { name: "wrong", device: "MAX78000", input: { shape: [3, 128, 128], format: "HWC" } },
  (x) => x.conv2d(8, { kernel: 3, padding: 1 }),
);
