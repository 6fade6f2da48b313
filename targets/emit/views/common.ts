import type { DeviceSpec } from "../../accelerator/device.ts";
import type { Program } from "../../accelerator/program.ts";
import type { RegisterSpec } from "../../accelerator/register.ts";
import { powerTriggers } from "../boards.ts";
import { outputWords, type OutputLayout } from "../layout.ts";
import type { EmitOptions } from "../options.ts";
import { layoutTitle } from "../print/unload.ts";

/** Everything the printers and frames look at. */
export interface Emission {
  readonly program: Program;
  readonly device: DeviceSpec;
  readonly registers: Readonly<Record<string, RegisterSpec>>;
  /** Options with their implications applied. */
  readonly options: EmitOptions;
  readonly layouts: readonly OutputLayout[];
  readonly project: string;
}

/** Names used by several frames. */
export function commonView({ program, device, options, layouts, project }: Emission) {
  return {
    project,
    device: device.name,
    board: options.board,
    riscv: options.riscv,
    energy: options.energy,
    wfi: options.wfi,
    apiFile: options.apiFile ?? `${options.mainFile}${options.riscv ? "_riscv" : ""}.c`,
    weightsFile: options.weightsFile,
    fifo: program.settings.fifo !== "none",
    triggers: options.energy ? (powerTriggers[device.name] ?? null) : null,
    softmax: options.softmax ? softmaxView(program, layouts) : null,
    numOutputs: outputWords(layouts),
    outputs: layouts.map((layout, index) => ({
      index,
      title: layoutTitle(layout),
      word: layout.wordOffset,
      values: layout.elements,
      bits: layout.elementBits,
    })),
  };
}

/** Fraction bits that weights of fewer than eight bits leave out of a 32-bit result. */
const fullWeightBits = 8;

function softmaxView(program: Program, layouts: readonly OutputLayout[]) {
  const layout = layouts.at(-1) as OutputLayout;
  const narrow = layout.elementBits !== 32;
  return {
    narrow,
    elementBits: layout.elementBits,
    count: layout.elements,
    word: layout.wordOffset,
    shift: narrow ? 0 : fullWeightBits - program.settings.finalWeightBits,
    scores: narrow ? "ml_scores" : layout.wordOffset === 0 ? "ml_data" : `(&ml_data[${layout.wordOffset}])`,
  };
}
