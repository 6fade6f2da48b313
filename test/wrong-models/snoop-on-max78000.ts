import { defineModel } from "ai8xc";

export default defineModel(
  {
    name: "wrong",
    device: "MAX78000",
    input: { shape: [3, 8, 8], format: "HWC" },
    snoop: { unit1: { A1: 0x201001, C1: 0x82022005 } },
  },
  (x) => x.conv2d(4, { name: "first", kernel: 1 }).conv2d(4, { name: "second", kernel: 1 }),
);
