import { defineModel } from "ai8xc";

export default defineModel(
  { name: "wrong", device: "MAX78000", input: { shape: [16, 4, 4], format: "HWC" } },
  (x) => x.flatten().linear(10, { wide: true, activation: "relu" }),
);
