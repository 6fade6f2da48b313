import { defineModel } from "ai8xc";

/**
 * Recognizes gestures in 32 x 32 gray images, one image per inference: a frame becomes 32 numbers, a rolling buffer keeps
 * those of the last 16 frames, and convolutions along time look at all of them.
 */
export default defineModel(
  { name: "gestures", device: "MAX78000", input: { shape: [1, 32, 32], format: "CHW" } },
  (x) => {
    const frame = x
      .conv2d(16, { kernel: 3, padding: 1, activation: "relu" })
      .maxPool2d(2)
      .conv2d(32, { kernel: 3, padding: 1, activation: "relu" })
      .maxPool2d(2)
      .conv2d(32, { kernel: 3, padding: 1, activation: "relu" })
      .maxPool2d(4)
      .conv2d(32, { kernel: 3, padding: 1, activation: "relu" })
      .maxPool2d(2)
      .conv2d(32, { kernel: 1, activation: "relu" });
    return frame
      .rollingBuffer(16, { name: "lastFrames" })
      .conv1d(32, { kernel: 3, activation: "relu" })
      .maxPool1d(2)
      .conv1d(32, { kernel: 3, activation: "relu" })
      .conv1d(6, { kernel: 5, wide: true });
  },
);
