import { field, flag, integer, type ChoiceOption } from "./choice.ts";

const loading = { group: "loading and registers" } as const;
const running = { group: "execution" } as const;
const streaming = { group: "streaming registers" } as const;

/** Options that decide which registers the program writes, and how. */
export const programChoices: readonly ChoiceOption[] = [
  flag(
    "mexpress",
    { ...loading, negatable: true, help: "load weights packed (default), or four writes per weight word" },
    "program",
    "mexpress",
  ),
  flag("zero-sram", { ...loading, help: "test and clear all memories first" }, "program", "zeroSram"),
  flag("init-tram", { ...loading, help: "clear the line buffers first" }, "program", "initTram"),
  flag(
    "write-zero-registers",
    { ...loading, help: "write registers that are zero, too" },
    "program",
    "writeZeroRegisters",
  ),
  flag("zero-unused", { ...loading, help: "clear the registers of unused layers" }, "program", "zeroUnused"),
  flag("powerdown", { ...loading, help: "power down weight memory of unused quadrants" }, "program", "powerdown"),
  readySelect("ready-sel", "wait states of the control registers", "readySelect"),
  readySelect("ready-sel-fifo", "wait states of the FIFOs", "readySelectFifo"),
  readySelect("ready-sel-aon", "wait states of the always-on domain", "readySelectAon"),
  flag("ext-rdy", { ...running, help: "wait for an external ready signal" }, "program", "externalReady"),
  flag("simple1b", { ...running, help: "simple logic for 1-bit weights" }, "program", "simple1b"),
  flag("one-shot", { ...running, help: "stop after every layer" }, "program", "oneShot"),
  flag("fifo-go", { ...running, help: "start before the first word is in the FIFO" }, "program", "fifoGo"),
  flag("link-layer", { ...running, help: "link every layer to the next explicitly" }, "program", "linkLayer"),
  field(
    "repeat-layers",
    { ...running, value: "N", help: "configure the layers several times in a row" },
    "program",
    "repeatLayers",
    integer(1),
  ),
  flag(
    "pipeline",
    { ...running, negatable: true, help: "run with the pipeline, where there is one" },
    "program",
    "pipeline",
  ),
  flag(
    "pll",
    { ...running, negatable: true, opposites: ["apb"], help: "clock from the PLL, where there is one" },
    "program",
    "pll",
  ),
  flag("allow-streaming", { ...streaming, help: "streaming layers need no FIFO" }, "program", "allowStreaming"),
  streamingValue("override-start", "start of the first streaming layer", "overrideStart"),
  streamingValue("override-rollover", "rollover of the first streaming layer", "overrideRollover"),
  streamingValue("override-delta1", "first delta of the first streaming layer", "overrideDelta1"),
  streamingValue("override-delta2", "second delta of the first streaming layer", "overrideDelta2"),
  streamingValue("increase-start", "added to the start of later streaming layers (default 2)", "increaseStart"),
  streamingValue("increase-delta1", "added to their first delta", "increaseDelta1"),
  streamingValue("increase-delta2", "added to their second delta", "increaseDelta2"),
];

type ReadySelect = "readySelect" | "readySelectFifo" | "readySelectAon";

function readySelect(name: string, help: string, key: ReadySelect): ChoiceOption {
  return field(name, { ...loading, value: "N", help: `${help}, 0 to 3` }, "program", key, integer());
}

type StreamingValue = `${"override" | "increase"}${"Start" | "Delta1" | "Delta2"}` | "overrideRollover";

function streamingValue(name: string, help: string, key: StreamingValue): ChoiceOption {
  return field(name, { ...streaming, value: "N", help }, "program", key, integer(Number.MIN_SAFE_INTEGER));
}
