import type { Shape } from "../../dsl/model.ts";
import type { Layer, Network } from "./network.ts";

/** One line per layer in aligned columns: what it reads, what it does in flight, and its result. */
export function printNetwork(network: Network): string {
  const { name, device, input, options, layers } = network;
  const header = `network ${name} on ${device}: input ${show(input)} ${input.format}, FIFO ${options.fifo}${
    options.averagePoolRounding ? ", rounded averages" : ""
  }`;
  const rows = layers.map((layer) => [
    layer.name,
    `<- ${sources(network, layer)}`,
    show(layer.input) + view(layer),
    stages(layer).join(" > ") || "copy",
    `-> ${show(layer.output)}${layer.outputBits === 32 ? " wide" : ""}`,
    marks(layer).join(" "),
  ]);
  return `${[header, ...alignColumns(rows), ...orderLines(network)].join("\n")}\n`;
}

/** What runs when, and what is read out, where it does not follow from the layers. */
function orderLines({ layers, sequence, unload }: Network): string[] {
  const nameOf = (index: number): string => layers[index]?.name ?? `?${index}`;
  const { positions = null, onSnoop = [], snoop = null, simulated = null } = sequence ?? {};
  return [
    ...(positions === null ? [] : [`layer numbers: ${positions.join(", ")}`]),
    ...onSnoop.map(({ layer, next }) => `on snoop: ${nameOf(layer)} -> ${nameOf(next)}`),
    ...(snoop === null ? [] : [`snoop: ${snoop.map((value) => value.toString(16)).join(" ")}`]),
    ...(simulated === null ? [] : [`with the sample: ${simulated.map(nameOf).join(", ")}`]),
    ...(unload ?? []).map((item) => {
      if (item.kind === "tensor") {
        return `unload ${nameOf(item.layer)}: channels ${item.channels.join("-")}, rows ${item.rows.join("-")}`;
      }
      const { name, processors, offset, writeGap, bits } = item;
      const place = `processors 0x${processors.toString(16)}, byte ${offset}, gap ${writeGap}`;
      return `unload ${name}: ${show(item)} of ${bits} bits at ${place}`;
    }),
  ];
}

const show = ({ channels, height, width }: Shape): string => `${channels}x${height}x${width}`;

const sources = ({ layers }: Network, layer: Layer): string =>
  (layer.recalls ? "previous " : "") +
  layer.sources
    .map((source, i) => (source === "input" ? "input" : (layers[source]?.name ?? `?${source}`)) + sliceText(layer, i))
    .join(", ");

/** Channels as in `unload`: first and last. */
function sliceText({ slices }: Layer, position: number): string {
  const slice = slices?.[position];
  return slice === undefined ? "" : `[${slice.first}-${slice.first + slice.channels - 1}]`;
}

const view = ({ crop }: Layer): string => (crop[0] === 0 && crop[1] === 0 ? "" : ` cropped ${crop.join("+")}`);

/** In the order the hardware does them. */
function stages(layer: Layer): string[] {
  const { eltwise, pool, flatten, convolution, activation } = layer;
  const combine = eltwise ? [`${eltwise.operation}${eltwise.operands > 2 ? ` of ${eltwise.operands}` : ""}`] : [];
  const pooling = pool ? [poolText(layer)] : [];
  return [
    ...(eltwise?.poolFirst === false ? [...combine, ...pooling] : [...pooling, ...combine]),
    ...(flatten ? ["flatten"] : []),
    ...(convolution ? [convolutionText(layer)] : []),
    ...(activation ? [activation] : []),
  ];
}

function poolText({ pool }: Layer): string {
  if (pool === null) return "";
  const dilation = pool.dilation.join("x");
  return `${pool.kind} ${pool.size.join("x")}/${pool.stride.join("x")}${dilation === "1x1" ? "" : ` dilated ${dilation}`}`;
}

function convolutionText({ convolution }: Layer): string {
  if (convolution === null) return "";
  const { kind, kernel, padding, dilation, groups, weights, bias, shift } = convolution;
  const parts = [
    kind === "linear" ? kind : `${kind} ${kind === "conv1d" ? kernel[0] : kernel.join("x")}`,
    padding[0] > 0 ? `pad ${padding[0]}` : "",
    dilation > 1 ? `dilated ${dilation}` : "",
    groups > 1 ? `groups ${groups}` : "",
    weights === null ? "bypass" : `${weights.binary ? "+-1" : `${weights.bits}-bit`}`,
    bias === null ? "" : "bias",
    `shift ${shift}`,
  ];
  return parts.filter(Boolean).join(" ");
}

const marks = ({ isOutput, streaming, calcx4, readAhead, finalScale }: Layer): string[] =>
  [
    isOutput ? "output" : "",
    streaming ? "streaming" : "",
    calcx4 ? "calcx4" : "",
    readAhead ? "read-ahead" : "",
    finalScale === 0 ? "" : `scale 2^${finalScale}`,
  ].filter(Boolean);

/** Pads the cells of every column to the same width. */
function alignColumns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd());
}
