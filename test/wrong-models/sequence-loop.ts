import { defineModel } from "ai8xc";

export default defineModel(
  {
    name: "wrong",
    device: "MAX78002",
    input: { shape: [3, 8, 8], format: "HWC" },
    sequence: { next: { second: "first" } },
  },
  (x) => x.conv2d(4, { name: "first", kernel: 1 }).conv2d(4, { name: "second", kernel: 1 }),
);
