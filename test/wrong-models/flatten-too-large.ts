import { defineModel } from "ai8xc";

export default defineModel(
  { name: "wrong", device: "MAX78000", input: { shape: [16, 17, 16], format: "HWC" } },
  (x) => x.flatten().linear(10),
);
