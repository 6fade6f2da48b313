import { defineModel } from "ai8xc";

export default defineModel(
  {
    name: "wrong",
    device: "MAX78000",
    input: { shape: [3, 8, 8], format: "HWC" },
    unload: [{ name: "end", processors: 0x7n, channels: 4, height: 3, offset: 0x7ffc }],
  },
  (x) => x.conv2d(4, { name: "only", kernel: 1 }),
);
