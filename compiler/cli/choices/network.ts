import { change, field, flag, integer, integers, numberList, type ChoiceOption } from "./choice.ts";

const everywhere = { group: "network", at: ["import", "build"] } as const;

/** Options that decide what is computed. Layers are hardware layers, counted from 0. */
export const networkChoices: readonly ChoiceOption[] = [
  change(
    "fifo",
    { ...everywhere, negatable: true, help: "feed the input through the FIFOs while the network runs" },
    "network",
    { fifo: "standard" },
    { fifo: "none" },
  ),
  change("fast-fifo", { ...everywhere, help: "feed it through the fast FIFO of the RISC-V core" }, "network", {
    fifo: "fast",
  }),
  change("fast-fifo-quad", { ...everywhere, help: "fast FIFO into all quadrants at once" }, "network", {
    fifo: "fast-quad",
  }),
  flag(
    "avg-pool-rounding",
    { ...everywhere, negatable: true, help: "average pooling rounds instead of cutting off" },
    "network",
    "averagePoolRounding",
  ),
  {
    ...everywhere,
    name: "no-bias",
    value: "LIST",
    optionalValue: numberList,
    help: "drop the bias of these layers, or of all",
    apply: ({ edits }, given) =>
      void Object.assign(edits, { noBias: given === "" ? "all" : integers(String(given), "no-bias") }),
  },
  flag("ignore-streaming", { ...everywhere, help: "let no layer stream" }, "edits", "ignoreStreaming"),
  field(
    "streaming-layers",
    { ...everywhere, value: "LIST", help: "more layers that stream" },
    "edits",
    "streamingLayers",
    integers,
  ),
  field(
    "input-offset",
    { ...everywhere, value: "BYTES", help: "where the input begins in data memory" },
    "edits",
    "inputOffset",
    integer(),
  ),
  field(
    "output-width",
    { ...everywhere, value: "BITS", choices: ["8", "32"], help: "bits of the last layer's results" },
    "edits",
    "outputWidth",
    (text) => (text === "8" ? 8 : 32),
  ),
  flag("read-ahead", { ...everywhere, help: "all layers read ahead, where the device can" }, "edits", "readAhead"),
  flag("calcx4", { ...everywhere, help: "four outputs at a time, where the device can" }, "edits", "calcx4"),
  flag("ignore-activation", { ...everywhere, help: "leave activations out" }, "edits", "ignoreActivation"),
  field(
    "start-layer",
    { ...everywhere, value: "N", help: "first layer that is executed" },
    "edits",
    "startLayer",
    integer(),
  ),
];
