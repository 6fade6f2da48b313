import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { gunzipSync } from "node:zlib";

const folder = resolve(import.meta.dirname, "../../../shared/data/mnist");

/** The MNIST test set as network inputs, or null where it is not at hand. */
export const mnistTestSet: (() => { images: Int8Array[]; labels: Uint8Array }) | null = existsSync(folder)
  ? () => {
      const pixels = gunzipSync(readFileSync(`${folder}/t10k-images-idx3-ubyte.gz`)).subarray(16);
      const labels = new Uint8Array(gunzipSync(readFileSync(`${folder}/t10k-labels-idx1-ubyte.gz`)).subarray(8));
      const size = 28 * 28;
      const images = Array.from({ length: labels.length }, (_, index) =>
        Int8Array.from(pixels.subarray(index * size, (index + 1) * size), toInput),
      );
      return { images, labels };
    }
  : null;

/** Gray value to network input. */
const toInput = (gray: number): number => Math.max(-128, Math.min(127, Math.round((gray / 255 - 0.5) * 256)));

export const indexOfLargest = (scores: ArrayLike<number>): number => {
  let best = 0;
  for (let index = 1; index < scores.length; index++) if (scores[index]! > scores[best]!) best = index;
  return best;
};
