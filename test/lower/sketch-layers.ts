import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { RegisterWriteOperation } from "../../targets/accelerator/program.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { LayerConvolution } from "../../runtime/reference/layer.ts";
import type { Layer, Network, NetworkOptions } from "../../compiler/ir/network.ts";
import type { BiasPlacement, LayerPlacement, Placement, WeightPlacement } from "../../compiler/ir/placement.ts";
import { defaultProgramOptions, type ProgramOptions } from "../../compiler/options.ts";
import { loweringContext, type LoweringContext } from "../../compiler/lower/context.ts";
import { writeLayerRegisters } from "../../compiler/lower/layer-registers.ts";
import { RegisterWriter } from "../../compiler/lower/register-writer.ts";

/** Hand-made layers for the register tests: only what a test is about needs to be given. */
export interface LayerSketch {
  readonly layer?: Partial<Layer>;
  readonly convolution?: Partial<LayerConvolution> & { readonly bits?: 1 | 2 | 4 | 8 };
  readonly placement: Partial<LayerPlacement> & Pick<LayerPlacement, "processors" | "outputProcessors">;
  readonly weights?: Partial<WeightPlacement>;
  readonly bias?: BiasPlacement;
}

function sketchConvolution({ bits = 8, ...given }: NonNullable<LayerSketch["convolution"]>): LayerConvolution {
  return {
    kind: "conv2d",
    kernel: [3, 3],
    padding: [0, 0],
    dilation: 1,
    stride: 1,
    outputPadding: 0,
    groups: 1,
    weights: { outputs: 0, inputs: 0, data: new Int8Array(), bits, binary: false },
    bypass: false,
    bias: null,
    shift: 0,
    ...given,
  };
}

function sketchLayer(sketch: LayerSketch, index: number): Layer {
  const shape = { channels: 1, height: 1, width: 1 };
  const input = sketch.layer?.input ?? shape;
  return {
    index,
    name: `layer_${index}`,
    origins: [],
    sources: [index === 0 ? "input" : index - 1],
    crop: [0, 0],
    input,
    eltwise: null,
    pool: null,
    pooled: input,
    flatten: false,
    convolution: sketch.convolution === undefined ? null : sketchConvolution(sketch.convolution),
    activation: null,
    outputBits: 8,
    output: input,
    isOutput: false,
    streaming: false,
    calcx4: false,
    readAhead: false,
    tcalc: null,
    pins: {},
    finalScale: 0,
    ...sketch.layer,
  };
}

export function sketchPlacement(
  device: DeviceSpec,
  sketches: readonly LayerSketch[],
  options: Partial<NetworkOptions> & { readonly format?: "CHW" | "HWC" } = {},
): Placement {
  const layers = sketches.map(sketchLayer);
  const { format = "HWC", ...networkOptions } = options;
  const network: Network = {
    name: "sketch",
    device: device.name,
    input: { ...(layers[0] as Layer).input, format },
    layers,
    options: { averagePoolRounding: false, fifo: "none", ...networkOptions },
  };
  return {
    network,
    layers: sketches.map(({ placement }) => ({
      inputOffset: 0,
      outputOffset: 0,
      writeGap: 0,
      readGap: 0,
      ...placement,
    })),
    weights: {
      layers: sketches.map(({ convolution, weights }) =>
        convolution === undefined
          ? null
          : { column: 0, length: 1, count: 1, outputSlots: 1, sharedWith: null, ...weights },
      ),
      chunks: [],
      usedBytes: 0,
    },
    bias: { layers: sketches.map(({ bias }) => bias ?? null), images: [] },
  };
}

/** What a part of lowering writes, as `register quadrant value`. */
export function sketchWrites(
  placement: Placement,
  device: DeviceSpec,
  write: (writer: RegisterWriter, context: LoweringContext) => void,
  options: Partial<ProgramOptions> = {},
): string[] {
  const context = loweringContext(placement, device, { ...defaultProgramOptions(device), ...options });
  const diagnostics: Diagnostic[] = [];
  const writer = new RegisterWriter(context, diagnostics);
  write(writer, context);
  if (diagnostics.length > 0) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return writer.operations.map((operation) =>
    operation.kind === "register"
      ? `${operation.register} ${operation.quadrant ?? ""} ${hex(operation.value)}`
      : operation.kind,
  );
}

const hex = (value: number): string => `0x${value.toString(16).padStart(8, "0")}`;

/** Values of all layer registers by `register[hardware layer]quadrant`, and what went wrong. */
export function sketchRegisters(
  placement: Placement,
  device: DeviceSpec,
  options: Partial<ProgramOptions> = {},
): { readonly values: Record<string, string>; readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const context = loweringContext(placement, device, { ...defaultProgramOptions(device), ...options });
  const writer = new RegisterWriter(context, diagnostics);
  writeLayerRegisters(writer, context);
  const values = writer.operations
    .filter((operation): operation is RegisterWriteOperation => operation.kind === "register")
    .map(({ register, layer, quadrant, value }) => [`${register}[${layer ?? ""}]${quadrant}`, hex(value)]);
  return { values: Object.fromEntries(values), diagnostics };
}
