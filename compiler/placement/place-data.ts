import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { Network } from "../ir/network.ts";
import type { LayerPlacement } from "../ir/placement.ts";
import type { ProgramOptions } from "../options.ts";
import { describeCollision, describeQuadrants, describeShortage } from "./data-memory-diagnostics.ts";
import { layoutData } from "./data-memory-layout.ts";
import type { DataLayout } from "./data-memory-layout.ts";
import { placeOffsets } from "./data-memory.ts";
import type { DataOffsets, OffsetResult } from "./data-memory.ts";
import { pinnedLayers } from "./place-pinned.ts";
import { chooseProcessors, leastQuadrants } from "./processors.ts";
import type { ProcessorChoice, ProcessorProblem, SearchGoal } from "./processors.ts";
import { kernelWords } from "./processors-cost.ts";
import { processorGroups } from "./processors-groups.ts";

/** Arrangements in which all tensors fit, best first and found on demand; and why there is none. */
export interface DataPlacements {
  readonly arrangements: Iterable<readonly LayerPlacement[]>;
  readonly explain: () => readonly Diagnostic[];
}

/**
 * Arrangements of processors and data memory. A pinned network has exactly the given one. Options that change the
 * length of streaming buffers count; default: none does.
 */
export function dataPlacements(network: Network, device: DeviceSpec, options?: ProgramOptions): DataPlacements {
  const pinned = pinnedLayers(network, device);
  if (pinned) return { arrangements: [pinned], explain: () => [] };
  const { layout, diagnostics } = layoutData(network, device, options);
  const groups = processorGroups(layout, device);
  const problems = [...diagnostics, ...groups.diagnostics];
  if (problems.length > 0) return { arrangements: [], explain: () => problems };
  const problem = { layout, groups, words: kernelWords(network, device) };
  return { arrangements: search(problem, device), explain: () => [explainFailure(problem, device)] };
}

/** Few quadrants before many, balanced before lopsided, results over their own input only when nothing else worked. */
function* search(problem: ProcessorProblem, device: DeviceSpec): Generator<readonly LayerPlacement[]> {
  for (const goal of goals(problem, device)) {
    const choice = chooseProcessors(problem, device, goal);
    if (choice.shares.data > 1 || choice.violations > 0) continue;
    if (choice.shares.weights > 1 && goal.quadrants < device.quadrants) continue;
    const result = placeOffsets(problem.layout, choice.instances, device, goal.inPlace);
    if (result.kind === "placed") yield layerPlacements(problem.layout, choice, result.offsets);
  }
}

const randomStarts = 6;

function* goals({ groups }: ProcessorProblem, device: DeviceSpec): Generator<SearchGoal> {
  const { quadrants, processorsPerDataInstance: fine, processorsPerQuadrant: coarse } = device;
  for (const inPlace of [false, true]) {
    const base = { priorities: { weights: 1, data: 1 }, quadrants, grain: fine, inPlace, start: "filled" } as const;
    for (let limit = leastQuadrants(groups, device); limit <= quadrants; limit++) yield { ...base, quadrants: limit };
    yield { ...base, start: "apart" };
    yield { ...base, grain: coarse };
    yield { ...base, priorities: { weights: 0.05, data: 1 } };
    yield { ...base, priorities: { weights: 1, data: 0.05 } };
    for (let seed = 1; seed <= randomStarts; seed++) yield { ...base, start: seed };
  }
}

function layerPlacements(layout: DataLayout, choice: ProcessorChoice, offsets: DataOffsets): LayerPlacement[] {
  return layout.network.layers.map((layer) => ({
    processors: choice.layers[layer.index] as bigint,
    outputProcessors: choice.tensors[layer.index + 1] as bigint,
    inputOffset: offsets.reads[layer.index] as number,
    outputOffset: offsets.tensors[layer.index + 1] as number,
    writeGap: layout.tensors[layer.index + 1]?.writeGap as number,
    readGap: layout.readGaps[layer.index] as number,
  }));
}

function explainFailure(problem: ProcessorProblem, device: DeviceSpec): Diagnostic {
  const choice = chooseProcessors(problem, device, {
    priorities: { weights: 0.05, data: 1 },
    quadrants: device.quadrants,
    grain: device.processorsPerDataInstance,
    inPlace: true,
    start: "filled",
  });
  const { layout } = problem;
  if (choice.violations > 0) return describeQuadrants(layout, choice, device);
  const result: OffsetResult = placeOffsets(layout, choice.instances, device, true);
  if (result.kind === "collision") return describeCollision(layout, result.tensors);
  return describeShortage(layout, choice, device, result.kind === "full" ? result.tensor : null);
}
