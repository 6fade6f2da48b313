import type { CheckpointLayer } from "../../compiler/import/checkpoint-layers.ts";
import { importNetwork } from "../../compiler/import/import-network.ts";
import type { ImportedNetwork } from "../../compiler/import/import-network.ts";
import { parseYamlNetwork } from "../../compiler/import/yaml.ts";
import type { YamlNetwork } from "../../compiler/import/yaml.ts";
import type { YamlWeights } from "../../compiler/import/yaml-options.ts";
import { messages } from "../golden/case-network.ts";
import { type DeviceName, devices } from "../../targets/index.ts";

/** Small network descriptions of our own, one per way layers can be built. */
export interface DescriptionFixture {
  readonly device: DeviceName;
  /** [channels, rows, columns] or [channels, length]. */
  readonly sample: readonly number[];
  /** Shapes of the stored weights, in order, as PyTorch has them. */
  readonly weights: readonly (readonly number[])[];
  readonly bits?: number;
  /** Weights of +1 and -1. */
  readonly binary?: boolean;
  /** The first stored layer has a bias (default). */
  readonly bias?: boolean;
  /** The input arrives through the FIFO. */
  readonly fifo?: boolean;
  /** Layers may read some channels only. */
  readonly reshapeInputs?: boolean;
  /** Names of the stored layers; otherwise they are numbered. */
  readonly keys?: readonly string[];
  readonly yaml: string;
}

const description = (layers: string): string => `arch: fixture\ndataset: fixture\nlayers:\n${layers}`;

/** Channels in and out of the stages of a residual network. */
const stages = [
  [4, 4],
  [4, 8],
  [8, 12],
] as const;

function residualStage(channels: number, before: number): string {
  const processors = `processors: ${2 ** channels - 1}`;
  return `  - { op: passthrough, write_gap: 1, ${processors}, out_offset: 0 }
  - { op: conv2d, pad: 1, in_sequences: ${before}, in_offset: 0x2000, activate: ReLU, write_gap: 1, ${processors}, out_offset: 4 }
  - { op: conv2d, eltwise: add, in_sequences: [${before + 1}, ${before + 2}], in_offset: 0, kernel_size: 1x1, pad: 0,
      activate: ReLU, ${processors}, out_offset: 0x2000 }
`;
}

export const fixtures: Readonly<Record<string, DescriptionFixture>> = {
  chain: {
    device: "MAX78000",
    sample: [3, 16, 16],
    weights: [
      [8, 3, 3, 3],
      [4, 8, 3, 3],
      [5, 256],
    ],
    yaml: description(`  - { op: conv2d, pad: 1, activate: ReLU, processors: 0x7, out_offset: 0x2000, data_format: HWC }
  - { op: conv2d, max_pool: 2, pool_stride: 2, pad: 1, activate: Abs, processors: 0xff, out_offset: 0 }
  - { op: linear, flatten: true, output_width: 32, processors: 0xf, out_offset: 0x1000, output_shift: 1 }
`),
  },
  "one-dimensional": {
    device: "MAX78000",
    sample: [6, 40],
    weights: [
      [8, 6, 3],
      [8, 8, 9],
    ],
    bits: 4,
    yaml: description(`  - { op: conv1d, kernel_size: 3, pad: 1, activate: ReLU, processors: 0x3f, out_offset: 0x2000 }
  - { op: conv1d, kernel_size: 9, pad: 0, avg_pool: 3, pool_stride: 2, processors: 0xff, out_offset: 0,
      name: Last One, quantization: 4 }
`),
  },
  residual: {
    device: "MAX78000",
    sample: [4, 8, 8],
    weights: [
      [4, 4, 3, 3],
      [4, 4, 3, 3],
      [2, 4, 1, 1],
    ],
    yaml: description(`  - { name: first, op: conv2d, pad: 1, processors: 0xf, out_offset: 0x2000 }
  - { name: copy, op: passthrough, write_gap: 1, processors: 0xf, out_offset: 0 }
  - { name: again, op: conv2d, weight_source: first, pad: 1, in_sequences: first, in_offset: 0x2000, write_gap: 1,
      processors: 0xf, out_offset: 4 }
  - { op: add, in_sequences: [copy, again], in_offset: 0, processors: 0xf, out_offset: 0x3000 }
  - { op: conv2d, pad: 1, eltwise: sub, in_sequences: [3, 0], max_pool: 2, pool_stride: 2, pool_first: false,
      processors: 0xf, out_offset: 0x100, output: true }
  - { op: conv2d, kernel_size: 1x1, pad: 0, processors: 0xf, out_offset: 0x400, output: true }
`),
  },
  repeated: {
    device: "MAX78000",
    sample: [3, 8, 8],
    keys: ["prep", ...[1, 2, 3].flatMap((stage) => [`stage${stage}.conv`, `stage${stage}.reduce`]), "fc"],
    weights: [
      [4, 3, 3, 3],
      ...stages.flatMap(([c, out]) => [
        [c, c, 3, 3],
        [out, c, 1, 1],
      ]),
      [10, 12 * 64],
    ],
    yaml: description(`  - { op: conv2d, pad: 1, activate: ReLU, processors: 0x7, out_offset: 0x2000 }
${stages.map(([channels], stage) => residualStage(channels, 3 * stage)).join("")}  - { op: linear, flatten: true, processors: 0xfff, out_offset: 0, output_width: 32 }
`),
  },
  straight: {
    device: "MAX78002",
    sample: [3, 6, 6],
    keys: Array.from({ length: 10 }, (_, i) => `conv${i + 1}`),
    weights: Array.from({ length: 10 }, () => [3, 3, 3, 3]),
    yaml: description(
      Array.from({ length: 10 }, (_, i) => {
        const pool = i === 9 ? "max_pool: 2, pool_stride: 2, " : "";
        return `  - { op: conv2d, pad: 1, ${pool}processors: 7, out_offset: ${i % 2 === 0 ? 0x100 : 0} }\n`;
      }).join(""),
    ),
  },
  joined: {
    device: "MAX78000",
    sample: [8, 6, 4],
    weights: [
      [8, 8, 1, 1],
      [8, 8, 1, 1],
      [3, 16, 3, 3],
      [3, 3, 3, 3],
    ],
    yaml: description(`  - { op: conv2d, kernel_size: 1x1, pad: 0, processors: 0xff, out_offset: 0x1000 }
  - { op: conv2d, kernel_size: 1x1, pad: 0, in_sequences: input, in_offset: 0, processors: 0xff, out_offset: 0x1000,
      output_processors: 0xff00 }
  - { op: conv2d, in_sequences: [0, 1], in_crop: [1, 2], in_dim: [4, 3], pad: 1, processors: 0xffff,
      out_offset: 0x3000 }
  - { op: convtranspose2d, pad: 1, processors: 0x7, out_offset: 0 }
`),
  },
  pooled: {
    device: "MAX78002",
    sample: [4, 8, 8],
    weights: [
      [4, 4, 3, 3],
      [4, 4, 3, 3],
    ],
    yaml: description(`  - { op: conv2d, pad: 1, processors: 0xf, out_offset: 0x2000 }
  - { op: passthrough, max_pool: [2, 1], pool_stride: 2, processors: 0xf, out_offset: 0 }
  - { op: passthrough, in_sequences: 0, max_pool: [2, 1], pool_stride: 2, processors: 0xf, in_offset: 0x2000,
      out_offset: 0x400 }
  - { op: conv2d, pad: 1, eltwise: or, avg_pool: 2, pool_stride: 1, pool_first: true, in_sequences: [1, 2], processors: 0xf,
      in_offset: 0, out_offset: 0x3000 }
  - { op: passthrough, max_pool: 2, pool_stride: 3, pool_dilation: 2, processors: 0xf, out_offset: 0 }
`),
  },
  parts: {
    device: "MAX78000",
    sample: [8, 6, 6],
    weights: [[8, 4, 1, 1]],
    yaml: description(`  - { op: sub, operands: 2, max_pool: 2, pool_stride: 2, pool_first: true, processors: 0xf, out_offset: 0x2000 }
  - { op: conv2d, kernel_size: 1x1, pad: 0, processors: 0xf, out_offset: 0 }
`),
  },
  temporal: {
    device: "MAX78000",
    sample: [3, 6, 6],
    weights: [
      [4, 3, 3, 3],
      [8, 4, 3, 3],
      [8, 8, 3],
      [5, 8, 7],
    ],
    yaml: `data_buffer: [{ name: history, processors: 0xff0000, channels: 8, dim: 9, offset: 0x400 }]
${description(`  - { op: conv2d, max_pool: 2, pool_stride: 2, pad: 1, activate: ReLU, processors: 0x7, output_processors: 0xf0,
      out_offset: 0x1000, name: features }
  - { op: passthrough, buffer_shift: 1, in_sequences: history, in_offset: 0x404, in_dim: 8, in_channels: 8,
      processors: 0xff0000, output_processors: 0xff0000, out_offset: 0x400, name: shift }
  - { op: conv2d, buffer_insert: 1, in_sequences: features, in_offset: 0x1000, pad: 0, processors: 0xf0,
      output_processors: 0xff0000, out_offset: 0x420 }
  - { op: conv1d, kernel_size: 3, pad: 0, in_sequences: history, in_offset: 0x400, in_dim: 9, in_channels: 8,
      activate: ReLU, processors: 0xff0000, output_processors: 0xff00, out_offset: 0x2000 }
  - { op: conv1d, kernel_size: 7, pad: 0, processors: 0xff00, output_processors: 0x1f, out_offset: 0, output_width: 32 }
`)}`,
  },
  "cropped-operands": {
    device: "MAX78000",
    sample: [4, 8, 6],
    weights: [[3, 2, 3, 3]],
    yaml: description(`  - { op: conv2d, eltwise: sub, operands: 2, in_crop: [1, 2], in_dim: [5, 6], in_offset: 0x18, pad: 1,
      processors: 0x3, out_offset: 0x2000 }
`),
  },
  "flattened-sum": {
    device: "MAX78000",
    sample: [4, 3, 2],
    weights: [[5, 12]],
    yaml: description(
      "  - { op: linear, eltwise: add, operands: 2, flatten: true, processors: 0x3, out_offset: 0x2000 }\n",
    ),
  },
  "speed-ups": {
    device: "MAX78002",
    sample: [8, 8, 8],
    weights: [[8, 4, 3, 3]],
    yaml: description(`  - { op: add, operands: 2, calcx4: true, tcalc: true, processors: 0xf, out_offset: 0x4000 }
  - { op: none, max_pool: 2, pool_stride: 2, readahead: true, processors: 0xf, out_offset: 0 }
  - { op: conv2d, pad: 1, tcalc: true, processors: 0xf, out_offset: 0x4000 }
`),
  },
  "streamed-copy": {
    device: "MAX78000",
    sample: [4, 8, 8],
    weights: [[4, 4, 3, 3]],
    yaml: description(`  - { op: passthrough, streaming: true, processors: 0xf, out_offset: 0x1000 }
  - { op: conv2d, pad: 1, streaming: true, processors: 0xf, out_offset: 0x2000 }
`),
  },
  // A Conv1d without padding leaves the columns of all layers without it, too.
  "padded-rows": {
    device: "MAX78000",
    sample: [4, 40],
    weights: [
      [6, 4, 9],
      [5, 6, 3, 3],
      [5, 5, 3, 3],
    ],
    yaml: description(`  - { op: conv1d, processors: 0xf, out_offset: 0x2000 }
  - { op: conv2d, in_dim: [2, 17], processors: 0x3f, out_offset: 0 }
  - { op: convtranspose2d, processors: 0x1f, out_offset: 0x2000 }
`),
  },
  unread: {
    device: "MAX78000",
    sample: [4, 8, 8],
    weights: [
      [4, 4, 3, 3],
      [6, 4, 3, 3],
      [3, 4, 3, 3],
    ],
    yaml: description(`  - { op: conv2d, pad: 1, processors: 0xf, out_offset: 0x2000 }
  - { op: conv2d, pad: 1, processors: 0xf, output_processors: 0x3f, out_offset: 0x4000 }
  - { op: conv2d, in_sequences: 0, in_offset: 0x2000, pad: 1, processors: 0xf, out_offset: 0 }
`),
  },
  depthwise: {
    device: "MAX78002",
    sample: [4, 8, 8],
    weights: [
      [4, 1, 3, 3],
      [4, 1, 3, 3],
    ],
    yaml: description(`  - { op: conv2d, groups: 4, pad: 1, calcx4: true, processors: 0xf, out_offset: 0x2000 }
  - { op: convtranspose2d, groups: 4, pad: 1, processors: 0xf, out_offset: 0 }
`),
  },
};

/** Weights of the shapes asked for, the same at every call. */
export function fixtureWeights(fixture: DescriptionFixture): YamlWeights {
  const { weights, bits = 8, binary = false, bias = true, keys = [] } = fixture;
  const half = 2 ** (bits - 1);
  const value = (step: number) => (binary ? (step % 3 === 0 ? 1 : -1) : (step % (2 * half)) - half);
  const layers = weights.map((shape, position): CheckpointLayer => {
    const count = shape.reduce((product, size) => product * size, 1);
    const values = Float64Array.from({ length: count }, (_, i) => value(i * 37 + position * 11));
    const outputs = shape[0] as number;
    return {
      key: `${keys[position] ?? `block.conv${position}`}.op.weight`,
      weights: values,
      shape,
      weightBits: bits,
      bias: bias && position === 0 ? Float64Array.from({ length: outputs }, (_, i) => i - 2) : null,
      outputShift: -(position % 4),
      finalScale: position === 1 ? -2 : null,
      quantized: true,
    };
  });
  return { kind: "checkpoint", fileName: "fixture.pth.tar", arch: "FIXTURE", layers };
}

export function parsed(yaml: string): YamlNetwork {
  const { description: found, diagnostics } = parseYamlNetwork(yaml, "fixture.yaml");
  if (found === undefined) throw new Error(messages(diagnostics));
  return found;
}

export function importFixture(fixture: DescriptionFixture, pins = true): Promise<ImportedNetwork> {
  const [channels = 1, height = 1, width = 1] = fixture.sample;
  const data = Int8Array.from({ length: channels * height * width }, (_, i) => ((i * 29) % 256) - 128);
  return importNetwork({
    description: parsed(fixture.yaml),
    device: devices[fixture.device],
    weights: fixtureWeights(fixture),
    sample: { shape: { channels, height, width }, data },
    oneDimensional: fixture.sample.length === 2,
    pins,
    options: {
      ...(fixture.fifo === true ? { fifo: "standard" } : {}),
      ...(fixture.reshapeInputs === true ? { reshapeInputs: true } : {}),
    },
  });
}
