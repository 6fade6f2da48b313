import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import { registerTables } from "../../targets/index.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { Network } from "../ir/network.ts";
import type { ProgramOptions } from "../options.ts";
import { lowerCodes } from "./codes.ts";

/** Options as the program options have them, and on the command line. */
export const programFlags = {
  pipeline: "--pipeline",
  pll: "--pll",
  oneShot: "--one-shot",
  fifoGo: "--fifo-go",
  linkLayer: "--link-layer",
  externalReady: "--ext-rdy",
  repeatLayers: "--repeat-layers",
  readySelect: "--ready-sel",
  readySelectFifo: "--ready-sel-fifo",
  readySelectAon: "--ready-sel-aon",
} as const satisfies Partial<Record<keyof ProgramOptions, string>>;
type NamedOption = keyof typeof programFlags;

/** Both spellings, where they differ. */
const spelled = (option: NamedOption): string =>
  programFlags[option] === `--${option}` ? programFlags[option] : `${programFlags[option]} (${option})`;

interface Availability {
  readonly option: NamedOption;
  readonly wanted: (options: ProgramOptions) => boolean;
  readonly available: (device: DeviceSpec) => boolean;
}

const availabilities: readonly Availability[] = [
  { option: "pipeline", wanted: (o) => o.pipeline, available: (d) => d.capabilities.pipeline },
  { option: "pll", wanted: (o) => o.pll, available: (d) => d.capabilities.pll },
  { option: "oneShot", wanted: (o) => o.oneShot, available: (d) => d.capabilities.oneShot },
  { option: "fifoGo", wanted: (o) => o.fifoGo, available: (d) => d.capabilities.fifoGo },
  { option: "linkLayer", wanted: (o) => o.linkLayer, available: (d) => d.capabilities.linkLayer },
  {
    option: "externalReady",
    wanted: (o) => o.externalReady,
    available: (d) => registerTables[d.name].CTL?.fields.externalReady !== undefined,
  },
];

const largestWaitStates = 3;

/** Diagnoses options the device does not have, or that do not fit the network. */
export function checkOptions(options: ProgramOptions, network: Network, device: DeviceSpec): Diagnostic[] {
  const unavailable = availabilities
    .filter(({ wanted, available }) => wanted(options) && !available(device))
    .map(({ option }): Diagnostic => ({
      code: lowerCodes.optionUnavailable,
      severity: "error",
      message: `option ${spelled(option)} is not available on ${device.name}`,
      hint: `leave out ${programFlags[option]}`,
    }));
  const jumps = network.sequence !== undefined && network.sequence.positions !== null;
  return [
    ...unavailable,
    ...outside("repeatLayers", options.repeatLayers, 1, jumps ? 1 : device.limits.layers),
    ...outside("readySelect", options.readySelect, 0, largestWaitStates),
    ...outside("readySelectFifo", options.readySelectFifo, 0, largestWaitStates),
    ...outside("readySelectAon", options.readySelectAon, 0, largestWaitStates),
  ];
}

function outside(option: NamedOption, value: number, min: number, max: number): Diagnostic[] {
  if (Number.isInteger(value) && value >= min && value <= max) return [];
  return [
    {
      code: lowerCodes.optionRange,
      severity: "error",
      message: `${spelled(option)} is ${value}; it must be ${min} to ${max}`,
      hint: `use ${min}${max > min ? ` to ${max}` : ""}`,
    },
  ];
}
