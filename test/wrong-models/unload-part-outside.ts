import { defineModel } from "ai8xc";

export default defineModel(
  {
    name: "wrong",
    device: "MAX78000",
    input: { shape: [3, 8, 8], format: "HWC" },
    unload: [
      { tensor: "first", channels: [40, 60] },
      { tensor: "second", rows: [4, 9] },
    ],
  },
  (x) => x.conv2d(100, { name: "first", kernel: 1 }).conv2d(4, { name: "second", kernel: 1 }),
);
