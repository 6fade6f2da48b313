import { zipSync } from "fflate";
import { invariant } from "../../dsl/diagnostic.ts";
import { REBUILD_TENSOR, storageTypes } from "./checkpoint.ts";
import { writePickle } from "./pickle-writer.ts";
import type { PickleDictionary, PickleKey, PickleTuple, PickleValue } from "./pickle.ts";

/** What a checkpoint file is written from. */
export interface CheckpointContents {
  readonly arch: string;
  readonly epoch: number;
  readonly tensors: ReadonlyMap<string, TensorContents>;
  readonly extras?: ReadonlyMap<string, number | string | boolean>;
}

export interface TensorContents {
  readonly shape: readonly number[];
  readonly dtype: "float32" | "int64";
  readonly data: ArrayLike<number>;
}

/**
 * A checkpoint file in PyTorch's zip format, with the structure that `torch.load` expects. The same contents give
 * the same bytes.
 */
export function writeCheckpoint(contents: CheckpointContents): Uint8Array {
  const files: Record<string, Uint8Array> = { "archive/data.pkl": writePickle(checkpointObject(contents)) };
  for (const [i, tensor] of [...contents.tensors.values()].entries()) files[`archive/data/${i}`] = tensorBytes(tensor);
  files["archive/version"] = new TextEncoder().encode("3\n");
  // The zip format has no date before 1980; nothing depends on when the file was written.
  return zipSync(files, { level: 0, mtime: new Date(1980, 0, 1) });
}

/** The pickled object; the n-th tensor's numbers are stored under the key n. */
export function checkpointObject({ arch, epoch, tensors, extras }: CheckpointContents): PickleValue {
  const parameters = [...tensors].map(([name, tensor], i) => [name, tensorObject(tensor, String(i))] as const);
  return dictionary([
    ["epoch", epoch],
    ["arch", arch],
    ["state_dict", dictionary(parameters, true)],
    ["extras", dictionary([...(extras ?? [])])],
  ]);
}

/** Numbers in C order, little endian. */
export function tensorBytes({ dtype, data }: TensorContents): Uint8Array {
  const size = dtype === "float32" ? 4 : 8;
  const view = new DataView(new ArrayBuffer(data.length * size));
  for (let i = 0; i < data.length; i++) {
    if (dtype === "float32") view.setFloat32(i * size, data[i] as number, true);
    else view.setBigInt64(i * size, BigInt(data[i] as number), true);
  }
  return new Uint8Array(view.buffer);
}

const dictionary = (entries: Iterable<readonly [PickleKey, PickleValue]>, ordered = false): PickleDictionary => ({
  kind: "dictionary",
  ordered,
  entries: new Map(entries),
});

const tuple = (...items: readonly PickleValue[]): PickleTuple => ({ kind: "tuple", items });

function tensorObject({ shape, dtype, data }: TensorContents, key: string): PickleValue {
  const size = shape.reduce((product, length) => product * length, 1);
  invariant(size === data.length, `${data.length} values for a tensor of ${size}`);
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, length) => product * length, 1));
  const [storage] = [...storageTypes].find(([, type]) => type === dtype) ?? [];
  invariant(storage !== undefined, `no storage class for ${dtype}`);
  const reference = tuple("storage", { kind: "class", name: storage }, key, "cpu", data.length);
  const args = [
    { kind: "persistent", id: reference },
    0,
    tuple(...shape),
    tuple(...strides),
    false,
    dictionary([], true),
  ] as const;
  return { kind: "object", constructor: REBUILD_TENSOR, args };
}
