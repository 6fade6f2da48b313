import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { Network } from "../ir/network.ts";
import type { LayerPlacement } from "../ir/placement.ts";
import { describeCollision, describeShortage } from "./data-memory-diagnostics.ts";
import { layoutData } from "./data-memory-layout.ts";
import type { DataLayout } from "./data-memory-layout.ts";
import { placeOffsets } from "./data-memory.ts";
import type { DataOffsets, OffsetResult } from "./data-memory.ts";
import { pinnedLayers } from "./place-pinned.ts";
import { chooseProcessors, leastQuadrants } from "./processors.ts";
import type { ProcessorChoice, SearchGoal } from "./processors.ts";
import { processorGroups } from "./processors-groups.ts";
import type { ProcessorGroups } from "./processors-groups.ts";

export interface DataPlacement {
  readonly layers?: readonly LayerPlacement[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Processors and data memory of every layer: the first arrangement found in which all tensors fit. */
export function placeData(network: Network, device: DeviceSpec): DataPlacement {
  const pinned = pinnedLayers(network, device);
  if (pinned) return { layers: pinned, diagnostics: [] };
  const prepared = prepare(network, device);
  if (prepared.diagnostics.length > 0) return { diagnostics: prepared.diagnostics };
  for (const layers of arrangements(prepared, device)) return { layers, diagnostics: [] };
  return { diagnostics: [explainFailure(prepared, device)] };
}

interface Prepared {
  readonly layout: DataLayout;
  readonly groups: ProcessorGroups;
  readonly diagnostics: readonly Diagnostic[];
}

function prepare(network: Network, device: DeviceSpec): Prepared {
  const { layout, diagnostics } = layoutData(network, device);
  const groups = processorGroups(layout, device);
  return { layout, groups, diagnostics: [...diagnostics, ...groups.diagnostics] };
}

/**
 * Different arrangements that fit data memory, best first: few quadrants before many, balanced before lopsided, and
 * results over their own input only when nothing else worked.
 */
function* arrangements({ layout, groups }: Prepared, device: DeviceSpec): Generator<readonly LayerPlacement[]> {
  for (const goal of goals(groups, device)) {
    const choice = chooseProcessors(layout, groups, device, goal);
    if (choice.shares.data > 1) continue;
    const result = placeOffsets(layout, choice.instances, device, goal.inPlace);
    if (result.kind === "placed") yield layerPlacements(layout, choice, result.offsets);
  }
}

function* goals(groups: ProcessorGroups, device: DeviceSpec): Generator<SearchGoal> {
  for (const inPlace of [false, true]) {
    const balanced = { weights: 1, data: 1 };
    for (let quadrants = leastQuadrants(groups, device); quadrants <= device.quadrants; quadrants++) {
      yield { priorities: balanced, quadrants, inPlace, start: "filled" };
    }
    const { quadrants } = device;
    yield { priorities: balanced, quadrants, inPlace, start: "apart" };
    yield { priorities: { weights: 0.05, data: 1 }, quadrants, inPlace, start: "filled" };
    yield { priorities: { weights: 1, data: 0.05 }, quadrants, inPlace, start: "filled" };
    for (let seed = 1; seed <= 6; seed++) yield { priorities: balanced, quadrants, inPlace, start: seed };
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

function explainFailure({ layout, groups }: Prepared, device: DeviceSpec): Diagnostic {
  const choice = chooseProcessors(layout, groups, device, {
    priorities: { weights: 0.05, data: 1 },
    quadrants: device.quadrants,
    inPlace: true,
    start: "filled",
  });
  const result: OffsetResult = placeOffsets(layout, choice.instances, device, true);
  if (result.kind === "collision") return describeCollision(layout, result.tensors);
  return describeShortage(layout, choice, device, result.kind === "full" ? result.tensor : null);
}
