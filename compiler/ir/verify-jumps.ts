import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Diagnostic, SourceLocation } from "../../dsl/diagnostic.ts";
import { LayerReport } from "./layer-report.ts";
import type { Layer, Network } from "./network.ts";
import type { NetworkSequence, SnoopLink } from "./network-sequence.ts";

/**
 * Judges what runs when: register sets that are not used in order (AI2611 where the device has no links), jumps of the
 * snoop units, and the layers that run with the sample (AI1543).
 */
export function verifyJumps(network: Network, device: DeviceSpec): Diagnostic[] {
  const { sequence } = network;
  if (sequence === undefined) return [];
  return [
    ...verifyPositions(network, sequence, device),
    ...sequence.onSnoop.flatMap((link) => verifyLink(network, sequence, link, device)),
    ...verifyPath(network, sequence, device),
  ];
}

function verifyPositions({ layers }: Network, { positions }: NetworkSequence, device: DeviceSpec): Diagnostic[] {
  if (positions === null) return [];
  const { name, capabilities, limits } = device;
  const moved = layers.find(({ index }) => positions[index] !== index);
  if (moved === undefined) return [];
  if (!capabilities.linkLayer) {
    const message = `'${moved.name}' is layer ${positions[moved.index]}, but runs as number ${moved.index}; on ${name} layers run in the order of their numbers`;
    return [{ code: "AI2611", severity: "error", message, ...place(moved), hint: "Leave start and next out." }];
  }
  const [first = 0] = positions;
  const start = new LayerReport(layers[0] as Layer, device);
  const text = `it is layer ${first} and runs first; ${name} starts at 0 to ${limits.startLayer}`;
  start.require(first <= limits.startLayer, "AI1543", text, "Give it a lower layer number.");
  return start.diagnostics;
}

const place = ({ origins }: Layer): { readonly location?: SourceLocation } => {
  const source = origins.findLast((origin) => origin.source !== undefined)?.source;
  return source === undefined ? {} : { location: source };
};

function verifyLink(network: Network, sequence: NetworkSequence, link: SnoopLink, device: DeviceSpec): Diagnostic[] {
  const { layers } = network;
  const [from, to] = [layers[link.layer], layers[link.next]];
  if (from === undefined || to === undefined) return [];
  const report = new LayerReport(from, device);
  const jump = `the snoop unit leads from it to '${to.name}'`;
  if (link.next <= link.layer) {
    report.error("AI1543", `${jump}, which runs before it`, "Only later layers can be jumped to.");
    return report.diagnostics;
  }
  if (sequence.positions !== null) {
    const text = `${jump}; this needs the links that layers out of order use to follow each other`;
    report.error("AI1543", text, "Leave start and next out where a snoop unit decides.");
  }
  report.require(sequence.snoop !== null, "AI1543", `${jump}, but no snoop unit is set up`, "Give values for snoop.");
  const others = sequence.onSnoop.filter(({ layer }) => layer === link.layer).length;
  report.require(others === 1, "AI1543", `${jump}, and to ${others - 1} other layers`, "Name one layer.");
  const streams = from.streaming || to.streaming;
  report.require(!streams, "AI1543", `${jump}; streaming layers run together`, "Do not stream these layers.");
  const reset = device.capabilities.averagePoolReset && from.eltwise !== null && to.pool?.kind === "average";
  const prepared = layers[to.index - 1]?.eltwise != null;
  const left = `${jump}, whose first average would start with what the element-wise operation left over`;
  report.require(!reset || prepared, "AI1543", left, "Jump to another layer.");
  return [...report.diagnostics, ...verifySkipped(network, link, device)];
}

/** What a jump leaves out may be read only where it lands, and must have the shape of what ran before it. */
function verifySkipped({ layers }: Network, link: SnoopLink, device: DeviceSpec): Diagnostic[] {
  const from = layers[link.layer] as Layer;
  const isSkipped = (source: Layer["sources"][number]): source is number =>
    source !== "input" && source > link.layer && source < link.next;
  return layers.slice(link.next).flatMap((layer) => {
    const report = new LayerReport(layer, device);
    for (const source of layer.sources.filter(isSkipped)) {
      const skipped = layers[source] as Layer;
      const reads = `it reads '${skipped.name}', which the jump from '${from.name}' leaves out`;
      report.require(layer.index === link.next, "AI1543", reads, "Jump to the layer that reads it, or behind both.");
      if (layer.index === link.next && shown(skipped) !== shown(from)) {
        const text = `${reads}; ${shown(from)} would be there, not ${shown(skipped)}`;
        report.error("AI1543", text, "Jump between results of one shape.");
      }
    }
    return report.diagnostics;
  });
}

const shown = ({ output, outputBits }: Layer): string =>
  `${output.channels}x${output.height}x${output.width}${outputBits === 32 ? " wide" : ""}`;

function verifyPath({ layers }: Network, sequence: NetworkSequence, device: DeviceSpec): Diagnostic[] {
  const { simulated, onSnoop } = sequence;
  if (simulated === null) return [];
  const nameOf = (index: number | undefined): string => (index === undefined ? "nothing" : (layers[index]?.name ?? ""));
  const [first = 0] = simulated;
  const report = new LayerReport(layers[first] as Layer, device);
  const begins = `it runs first with the sample, and is not the first layer '${nameOf(0)}'`;
  report.require(first === 0 && simulated.length > 0, "AI1543", begins, "Begin with the first layer.");
  for (const [step, index] of simulated.entries()) {
    const next = simulated[step + 1];
    const leads =
      next === undefined || next === index + 1 || onSnoop.some(({ layer, next: to }) => layer === index && to === next);
    const text = `'${nameOf(next)}' is to run after '${nameOf(index)}' with the sample; no link leads there`;
    report.require(leads, "AI1543", text, "Name the layers in the order in which links lead through them.");
  }
  return report.diagnostics;
}
