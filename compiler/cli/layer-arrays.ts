import type { LayerWatch } from "../../runtime/reference/execute.ts";
import type { IntegerTensor } from "../../runtime/reference/tensor.ts";
import type { Shape } from "../../dsl/model.ts";
import { executeNetwork } from "../execute-network.ts";
import { writeNpy } from "../import/npy.ts";
import type { Layer, Network } from "../ir/network.ts";
import type { Sample } from "../passes/fold-input.ts";
import type { LogChoices } from "./choices/choice.ts";

/** Folder of the arrays in a project. */
const folder = "layers";

/** One array of a layer that ran with the sample. */
interface LayerArray {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: ArrayLike<number>;
  readonly dtype: "int8" | "int32";
}

/**
 * Arrays of the layers that run with the sample, as .npy files by path: `layers/NN-NAME.input.npy`, `.weights`,
 * `.bias`, `.output`, and around pooling `.unpooled` and `.pooled`. Several operands have a number behind the name.
 */
export function layerArrays(
  network: Network,
  sample: Sample,
  { intermediate, pooling, outputsOnly }: Partial<LogChoices>,
): ReadonlyMap<string, Uint8Array> {
  const files = new Map<string, Uint8Array>();
  const wanted = (layer: Layer): boolean => outputsOnly !== true || layer.isOutput;
  const write = (layer: Layer, arrays: readonly LayerArray[]): void => {
    for (const { name, shape, data, dtype } of wanted(layer) ? arrays : []) {
      files.set(`${folder}/${fileStem(layer, network)}.${name}.npy`, writeNpy(shape, data, dtype));
    }
  };
  const operands: LayerWatch["operands"] = (index, { read, unpooled, pooled }) => {
    const layer = network.layers[index] as Layer;
    if (intermediate === true) write(layer, [...operandArrays("input", read), ...parameterArrays(layer)]);
    if (pooling === true && layer.pool !== null) {
      write(layer, [...operandArrays("unpooled", unpooled), ...operandArrays("pooled", pooled)]);
    }
  };
  const results = executeNetwork(network, sample, { operands });
  for (const layer of intermediate === true ? network.layers : []) {
    const data = results[layer.index];
    const dtype = layer.outputBits === 32 ? "int32" : "int8";
    if (data !== undefined) write(layer, [{ name: "output", shape: sizes(layer.output), data, dtype }]);
  }
  return files;
}

/** Layers sort as they run. */
function fileStem({ index, name }: Layer, { layers }: Network): string {
  const digits = String(layers.length - 1).length;
  return `${String(index).padStart(digits, "0")}-${name.replaceAll(/[^A-Za-z0-9_.-]+/g, "_")}`;
}

const sizes = ({ channels, height, width }: Shape): number[] => [channels, height, width];

const operandArrays = (name: string, operands: readonly IntegerTensor[]): LayerArray[] =>
  operands.map(({ shape, data }, i) => ({
    name: operands.length > 1 ? `${name}${i}` : name,
    shape: sizes(shape),
    data,
    dtype: "int8",
  }));

function parameterArrays({ convolution }: Layer): LayerArray[] {
  const { weights = null, bias = null, kernel = [] } = convolution ?? {};
  return [
    ...(weights === null
      ? []
      : [
          {
            name: "weights",
            shape: [weights.outputs, weights.inputs, ...kernel],
            data: weights.data,
            dtype: "int8" as const,
          },
        ]),
    ...(bias === null ? [] : [{ name: "bias", shape: [bias.length], data: bias, dtype: "int8" as const }]),
  ];
}
