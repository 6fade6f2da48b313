import { defineModel } from "ai8xc";

/**
 * Segmentation of 160 x 160 color images into four classes at a quarter of the resolution. Folding turns every
 * 4 x 4 block of pixels into channels: 48 x 40 x 40 uses all the processors that 3 channels would leave idle.
 */
export default defineModel(
  { name: "folded", device: "MAX78000", input: { shape: [3, 160, 160], format: "HWC" } },
  (x) =>
    x
      .fold(4)
      .conv2d(64, { kernel: 1, activation: "relu" })
      .conv2d(32, { kernel: 3, padding: 1, activation: "relu" })
      .conv2d(32, { kernel: 3, padding: 1, activation: "relu" })
      .conv2d(4, { kernel: 1 }),
);
