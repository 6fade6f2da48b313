import { add, defineModel } from "ai8xc";

export default defineModel(
  { name: "wrong", device: "MAX78000", input: { shape: [16, 32, 32], format: "HWC" } },
  (x) => add(x, x.conv2d(8, { kernel: 3, padding: 1 })),
);
