import { defineModel } from "ai8xc";

export default defineModel(
  {
    name: "wrong",
    device: "MAX78002",
    input: { shape: [3, 8, 8], format: "HWC" },
    sequence: { start: "frist", next: { first: "first" } },
    unload: [{ tensor: "third" }],
  },
  (x) => x.conv2d(4, { name: "first", kernel: 1 }).conv2d(4, { name: "second", kernel: 1 }),
);
