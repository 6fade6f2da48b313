import type { Model, ModelNode, Pair } from "../../dsl/model.ts";
import type { UnloadMemory } from "../../dsl/sequence.ts";
import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import { passesOf, processorsPerPass } from "../ir/geometry.ts";
import type { UnloadItem } from "../ir/network-sequence.ts";
import type { Findings } from "./context.ts";
import { writtenBy, type LayerDraft } from "./layer-draft.ts";

/** What is read out instead of the outputs. AI1542: a part that the result does not have, or not in one piece. */
export function unloadItems(
  model: Model,
  drafts: readonly LayerDraft[],
  device: DeviceSpec,
  findings: Findings,
): UnloadItem[] | undefined {
  return model.unload?.flatMap((item) => {
    if (!("tensor" in item)) return [memoryItem(item, model)];
    const node = model.nodes.find(({ name }) => name === item.tensor);
    const layer = drafts.findIndex((draft) => writtenBy(draft) === node?.id);
    if (node === undefined || layer < 0) {
      findings.error("AI1541", model, `"${item.tensor}" is to be read out, but no layer makes it`, readable);
      return [];
    }
    const { channels = [0, node.shape.channels], rows = [0, node.shape.height] } = item;
    checkPart(node, channels, rows, device, findings);
    return [{ kind: "tensor", layer, channels, rows }];
  });
}

const readable = "name an operator that changes its data";

const memoryItem = (item: UnloadMemory, { source }: Model): UnloadItem => {
  const { name, channels, height, width = 1, processors, offset, writeGap = 0, bits = 8 } = item;
  const place = source === undefined ? {} : { source };
  return { kind: "memory", name, channels, height, width, processors, offset, writeGap, bits, ...place };
};

function checkPart(node: ModelNode, channels: Pair, rows: Pair, device: DeviceSpec, findings: Findings): void {
  const { shape, name } = node;
  const part = `${channels.join(" to ")} of the channels and ${rows.join(" to ")} of the rows of '${name}'`;
  if (channels[1] > shape.channels || rows[1] > shape.height) {
    const has = `it has ${shape.channels} channels and ${shape.height} rows`;
    findings.error("AI1542", node, `${part} are to be read out; ${has}`, "ranges end behind the last one that is read");
    return;
  }
  const perPass = processorsPerPass(shape.channels, device);
  const split = Math.floor(channels[0] / perPass) !== Math.floor((channels[1] - 1) / perPass);
  if (passesOf(shape.channels, device) === 1 || !split || channels[1] - channels[0] === shape.channels) return;
  const message = `${part} are to be read out; they lie in several passes of ${perPass} channels`;
  findings.error("AI1542", node, message, `read out parts that do not cross a multiple of ${perPass}, or all channels`);
}
