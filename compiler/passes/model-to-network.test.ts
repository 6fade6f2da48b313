import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import { devices } from "../../targets/index.ts";
import type { Model } from "../../dsl/model.ts";
import { executeLayers } from "../../runtime/reference/execute.ts";
import type { Network, NetworkOptions } from "../ir/network.ts";
import { Pipeline } from "../pipeline.ts";
import { interpretModel } from "../../test/fixtures/interpret-model.ts";
import { buildLegalModel, randomInput, randomIntegers, randomModels } from "../../test/fixtures/random-model.ts";
import type { WeightSet } from "../import/weight-set.ts";
import { layoutData } from "../placement/data-memory-layout.ts";
import { processorGroups } from "../placement/processors-groups.ts";
import { modelToNetwork } from "./model-to-network.ts";

const runs = Number(process.env.MODEL_RUNS ?? 60);
/** The same models every time; other seeds explore. */
const seed = Number(process.env.MODEL_SEED ?? 1);

function toNetwork(model: Model, weights: WeightSet, device: DeviceSpec, options: NetworkOptions) {
  const pipeline = new Pipeline({ device, options });
  let network: Network | undefined;
  pipeline.during(() => {
    const given = { model, weights: { operators: weights, batchNorms: new Map() }, sample: null };
    network = modelToNetwork(pipeline, given).network;
  });
  return { network, diagnostics: pipeline.diagnostics };
}

function outputsOf(network: Network, input: Int8Array): number[][] {
  const results = executeLayers(network.layers, { shape: network.input, data: input }, network.options);
  return network.layers.flatMap((layer) => (layer.isOutput ? [[...(results[layer.index] ?? [])]] : []));
}

/** As a set: a network has no order of outputs, and an output that only repeats another is the same tensor. */
const distinct = (outputs: readonly number[][]) => [...new Set(outputs.map((output) => output.join()))].toSorted();

/** Programs the front end has to refuse, because the hardware cannot do them in any way we know. */
const refusals = new Set(["AI1502", "AI1503", "AI1504", "AI1505", "AI2511"]);

describe.each(Object.values(devices))("a network made for the $name", (device) => {
  for (const averagePoolRounding of [false, true]) {
    for (const fifo of ["none", "standard"] as const) {
      it(`computes what the model means (rounding ${averagePoolRounding}, FIFO ${fifo})`, () => {
        let compared = 0;
        fc.assert(
          fc.property(randomModels(), (given) => {
            const model = buildLegalModel(given, device);
            // What is left of a normalization when it was folded is no matter of the model.
            fc.pre(!model.nodes.some(({ kind }) => kind === "batchNorm"));
            const weights = randomIntegers(model, given.seed);
            const { network, diagnostics } = toNetwork(model, weights, device, { averagePoolRounding, fifo });
            const errors = diagnostics.filter((diagnostic) => diagnostic.severity === "error");
            if (network === undefined) {
              expect(errors.filter((error) => !refusals.has(error.code))).toEqual([]);
              expect(errors.length).toBeGreaterThan(0);
              return;
            }
            compared++;
            const input = randomInput(model, given.seed);
            const expected = interpretModel(model, weights, input, averagePoolRounding);
            expect(distinct(outputsOf(network, input))).toEqual(distinct(expected));
            const { layout, diagnostics: layoutProblems } = layoutData(network, device);
            expect(layoutProblems.map((problem) => problem.message)).toEqual([]);
            if (fifo === "none") {
              const { diagnostics: problems } = processorGroups(layout, device);
              expect(problems.map((problem) => problem.message)).toEqual([]);
            }
          }),
          { numRuns: runs, seed },
        );
        expect(compared).toBeGreaterThan(runs / 2);
      });
    }
  }
});
