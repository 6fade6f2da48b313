import type { DeviceSpec } from "../../targets/index.ts";
import type { InputSource } from "./gather.ts";
import type { InputPlan, LayerPlan } from "./layer-plan.ts";
import { DataMemory, instancesPerQuadrant } from "./memory.ts";
import type { OutputTarget } from "./write-back.ts";

/**
 * The buffer between two streaming layers. The hardware reuses a few rows of data memory as a ring; here the buffer
 * holds the whole frame, and words count from the read pointer of the consumer.
 */
export interface StreamBuffer {
  readonly target: OutputTarget;
  readonly source: InputSource;
}

/** Buffer for the frame a producer hands to the next streaming layer. */
export function streamBuffer(device: DeviceSpec, producer: LayerPlan, consumer: LayerPlan): StreamBuffer {
  const words = producer.output.rows * producer.output.columns * consumer.input.wordsPerPixel;
  const memory = frameMemory(device, words);
  const instanceWords = 2 ** device.dataMemory.writePointerShift;
  const origin = consumer.input.readPointers[consumer.master] as number;
  return {
    source: { memory, readPointers: startOfFrame(consumer.input) },
    target: {
      memory,
      locate(address) {
        const instance = Math.floor(address / instanceWords);
        const word = (address % instanceWords) - origin;
        return instance < memory.instances && word >= 0 ? instance * memory.instanceWords + word : -1;
      },
    },
  };
}

/** Memory with `words` words in every instance. */
export const frameMemory = (device: DeviceSpec, words: number): DataMemory =>
  new DataMemory(device.quadrants * instancesPerQuadrant(device), words, words);

/** Read pointers of a frame that starts at word 0. */
export const startOfFrame = (input: InputPlan): readonly number[] => input.readPointers.map(() => 0);
