import { describe, expect, it } from "vitest";
import { compile } from "../compiler/compile.ts";
import { buildModel } from "../dsl/define-model.ts";
import { eltwise, rowConcatenation } from "../dsl/functions.ts";
import type { TensorHandle } from "../dsl/tensor-handle.ts";
import { defaultEmitOptions, emitProject } from "../targets/emit/index.ts";
import { devices } from "../targets/index.ts";
import { compileProject, hostCompiler } from "./emit/host.ts";
import { interpretModel } from "./fixtures/interpret-model.ts";
import { randomInput, randomWeights } from "./fixtures/random-model.ts";

const rows = (...parts: TensorHandle[]): TensorHandle => rowConcatenation(rows, parts);
const add = (...operands: TensorHandle[]): TensorHandle => eltwise("add", add, operands);
const conv = { kernel: 3, padding: 1 };

/** Some channels of one tensor, added to others, and rows of several: 8x12x8 and 4x8x8 values of 8 bits. */
function build(x: TensorHandle): TensorHandle[] {
  const y = x.conv2d(128, conv);
  const [upper, lower] = [y.channels(64, 32).conv2d(16, conv), y.channels(4, 12).conv2d(16, { kernel: 1 })];
  const sum = add(upper.channels(4, 8), lower.channels(4, 8)).conv2d(8, conv);
  return [rows(sum, sum.crop(2, 2)).conv2d(8, conv), lower.channels(8, 4)];
}

describe.each(Object.values(devices))("parts of tensors and rows of several on $name", (device) => {
  const input = { shape: [4, 8, 8], format: "HWC" };
  const model = buildModel({ name: "parts", device: device.name, input }, build, build);
  const sample = { shape: { channels: 4, height: 8, width: 8 }, data: randomInput(model, 9) };
  const weights = randomWeights(model, 9);
  const { program, verified, diagnostics } = compile({ model, device, weights, sample });

  it("compile, and compute alike in the simulator", () => {
    expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
    expect(verified).toBe(true);
  });

  it.skipIf(hostCompiler === null)("give C that checks its known answer and unloads what was meant", () => {
    if (program === undefined) throw new Error("nothing was compiled");
    const project = compileProject(emitProject(program, device, defaultEmitOptions(device)).files);
    try {
      const { checkOutput, unload } = project.run({
        preload: program.knownAnswer ?? [],
        calls: ["check_output"],
        unload: true,
      });
      expect(checkOutput).toBe(true);
      const values = [...new Int8Array(unload!.buffer.slice(0))];
      const meant = interpretModel(model, weights.operators, sample.data, false);
      expect(values).toHaveLength(8 * 12 * 8 + 4 * 8 * 8);
      const planes = meant.map((output) => [...output]);
      expect([planes.flat(), planes.toReversed().flat()]).toContainEqual(values);
    } finally {
      project.remove();
    }
  });
});
