import { defineModel } from "ai8xc";

/** Handwritten digits: 28 x 28 gray values in, ten scores out. */
export default defineModel({ name: "mnist", device: "MAX78000", input: { shape: [1, 28, 28], format: "CHW" } }, (x) =>
  x
    .conv2d(60, { name: "conv1", kernel: 3, padding: 1, activation: "relu" })
    .maxPool2d(2)
    .conv2d(60, { name: "conv2", kernel: 3, padding: 2, activation: "relu" })
    .maxPool2d(2)
    .conv2d(56, { name: "conv3", kernel: 3, padding: 1, activation: "relu" })
    .avgPool2d(2)
    .conv2d(12, { name: "conv4", kernel: 3, padding: 1, activation: "relu" })
    .flatten()
    .linear(10, { name: "fc", wide: true }),
);
