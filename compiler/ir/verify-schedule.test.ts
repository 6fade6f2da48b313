import { describe, expect, it } from "vitest";
import { devices } from "../../targets/index.ts";
import { compile } from "../compile.ts";
import { randomWeights } from "../passes/random-weights.ts";
import { scheduleLayers } from "../passes/schedule-layers.ts";
import residual from "../../examples/residual/model.ts";
import type { Schedule } from "./schedule.ts";
import { verifySchedule } from "./verify-schedule.ts";

const device = devices.MAX78000;
const { network } = compile({ model: residual, device, weights: randomWeights(residual, 1), sample: null });
const schedule = scheduleLayers(network!, device);

const messages = (changed: Partial<Schedule>): string[] =>
  verifySchedule({ ...schedule, ...changed }, device).map(({ message }) => message);

describe("verifySchedule", () => {
  it("accepts what the scheduler makes", () => expect(messages({})).toEqual([]));

  it("finds a tensor that ends before its last reader", () => {
    const tensors = schedule.tensors.map((tensor) => (tensor.source === 0 ? { ...tensor, end: 2 } : tensor));
    expect(messages({ tensors })).toEqual([
      expect.stringContaining("conv2d_2 (layer 2) reads a tensor that ended at 2"),
    ]);
  });

  it("finds passes that do not hold the channels", () => {
    const layers = schedule.layers.map((layer, index) => (index === 0 ? { ...layer, outputProcessors: 15 } : layer));
    expect(messages({ layers })).toEqual([
      expect.stringContaining("conv2d_1 writes 16 channels in 1 passes of 15 processors: too few"),
    ]);
  });

  it("finds missing layers, missing tensors and outputs that end early", () => {
    expect(messages({ layers: schedule.layers.slice(1) })[0]).toContain("8 of 9 layers are scheduled");
    expect(messages({ tensors: schedule.tensors.filter(({ source }) => source !== "input") })[0]).toContain(
      "conv2d_1 reads a tensor that lives nowhere",
    );
    const last = network!.layers.length - 1;
    const tensors = schedule.tensors.map((tensor) => (tensor.source === last ? { ...tensor, end: last } : tensor));
    expect(messages({ tensors })[0]).toContain("the output linear_1 does not live to the end");
  });
});
