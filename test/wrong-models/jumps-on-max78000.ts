import { concat, defineModel } from "ai8xc";

export default defineModel(
  {
    name: "wrong",
    device: "MAX78000",
    input: { shape: [4, 8, 8], format: "HWC" },
    sequence: { start: "second", next: { second: "first", first: "third" } },
  },
  (x) => {
    const first = x.conv2d(4, { name: "first", kernel: 1 });
    const second = x.conv2d(4, { name: "second", kernel: 1 });
    return concat(first, second).conv2d(4, { name: "third", kernel: 1 });
  },
);
