import { defineModel } from "ai8xc";

export default defineModel(
  { name: "wrong", device: "MAX78000", input: { shape: [16, 64, 64], format: "HWC" } },
  (x) => x.maxPool2d(17),
);
