import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import model from "../examples/mnist/model.ts";
import { compile } from "../compiler/compile.ts";
import { readSafetensors } from "../compiler/import/safetensors.ts";
import { weightSetFromSafetensors } from "../compiler/import/weight-set.ts";
import { executeLayers } from "../runtime/reference/execute.ts";
import { infer, prepare, readOutput } from "../runtime/simulator/index.ts";
import { devices } from "../targets/index.ts";
import { indexOfLargest, mnistTestSet } from "./support/mnist.ts";

const weightsFile = resolve(import.meta.dirname, "../examples/mnist/weights.safetensors");

function compiled(sample: Int8Array) {
  const { file } = readSafetensors(readFileSync(weightsFile), weightsFile);
  const { weights } = weightSetFromSafetensors(file!, weightsFile);
  const result = compile({
    model,
    device: devices.MAX78000,
    weights: { operators: weights, batchNorms: new Map() },
    sample: { shape: { channels: 1, height: 28, width: 28 }, data: sample },
    verify: false,
  });
  expect(result.diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  return { network: result.network!, program: result.program! };
}

describe.skipIf(mnistTestSet === null)("the MNIST example (skipped: no shared data)", () => {
  it("classifies every tenth test image as the trainer's own integer evaluation did: 993 of 1,000", () => {
    const { images, labels } = mnistTestSet!();
    const { network } = compiled(images[0]!);
    let right = 0;
    for (let index = 0; index < images.length; index += 10) {
      const results = executeLayers(network.layers, { shape: network.input, data: images[index]! }, network.options);
      if (indexOfLargest(results.at(-1)!) === labels[index]) right++;
    }
    expect(right).toBe(993);
  });

  it("computes the same integers on the simulated chip, image by image", () => {
    const { images } = mnistTestSet!();
    for (let index = 0; index < 40; index++) {
      const { network, program } = compiled(images[index]!);
      const machine = prepare(program);
      infer(machine, program);
      const results = executeLayers(network.layers, { shape: network.input, data: images[index]! }, network.options);
      expect(Array.from(readOutput(machine, program.outputs[0]!.location))).toEqual(Array.from(results.at(-1)!));
      expect(machine.problems).toEqual([]);
    }
  });
});
