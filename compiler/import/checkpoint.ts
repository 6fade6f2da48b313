import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { ByteReader, elementCount, readGuarded } from "./byte-reader.ts";
import type { ElementName, ElementType } from "./element-type.ts";
import { allExact, elementTypes, readElements } from "./element-type.ts";
import type { PickleDictionary, PickleRules, PickleTuple, PickleValue } from "./pickle.ts";
import { isKind, ORDERED_DICTIONARY, readPickle } from "./pickle.ts";
import { listZip, unzip } from "./zip.ts";

/** What a PyTorch training run saved: the parameters in file order and a few facts about the run. */
export interface Checkpoint {
  readonly fileName: string;
  /** Name of the trained architecture; null when the file has none. */
  readonly arch: string | null;
  readonly epoch: number | null;
  /** `state_dict`: parameter name to values. */
  readonly tensors: ReadonlyMap<string, CheckpointTensor>;
  /** Plain numbers, texts and flags of the `extras` dictionary. */
  readonly extras: ReadonlyMap<string, number | string | boolean>;
}

export interface CheckpointTensor {
  readonly shape: readonly number[];
  readonly dtype: ElementName;
  /** In C order, whatever the strides in the file. Exact for every type. */
  readonly data: Float64Array;
}

export const REBUILD_TENSOR = "torch._utils _rebuild_tensor_v2";
const REBUILD_PARAMETER = "torch._utils _rebuild_parameter";

/** Class of stored numbers to their type. */
export const storageTypes: ReadonlyMap<string, ElementName> = new Map([
  ["torch FloatStorage", "float32"],
  ["torch DoubleStorage", "float64"],
  ["torch HalfStorage", "float16"],
  ["torch BFloat16Storage", "bfloat16"],
  ["torch LongStorage", "int64"],
  ["torch IntStorage", "int32"],
  ["torch ShortStorage", "int16"],
  ["torch CharStorage", "int8"],
  ["torch ByteStorage", "uint8"],
  ["torch BoolStorage", "bool"],
]);

const callable: ReadonlySet<string> = new Set([ORDERED_DICTIONARY, REBUILD_TENSOR, REBUILD_PARAMETER]);

const rules: PickleRules = {
  mayCall: (name) => callable.has(name),
  // The class of the optimizer is saved by name only.
  mayName: (name) => callable.has(name) || storageTypes.has(name) || /^torch\.optim\.[a-z_]+ [A-Za-z]+$/.test(name),
};

/**
 * Reads a `.pth.tar` file as PyTorch writes it: a zip archive, or the stream of older versions.
 * Nothing in the file is executed. A file that is damaged, hostile or no checkpoint gives one AI6102 error.
 */
export function readCheckpoint(
  bytes: Uint8Array,
  fileName: string,
): { readonly checkpoint?: Checkpoint; readonly diagnostics: readonly Diagnostic[] } {
  const { value, diagnostics } = readGuarded(() => {
    const hint = "Give a checkpoint file as torch.save() wrote it, usually named *-q.pth.tar.";
    const reader = new ByteReader(bytes, fileName, "AI6102", hint);
    return interpret(reader, openContainer(reader));
  });
  return value === undefined ? { diagnostics } : { checkpoint: value, diagnostics };
}

/** The pickled object and the raw numbers it refers to. */
interface Container {
  readonly root: PickleValue;
  readonly storage: (id: StorageId) => Uint8Array;
}

interface StorageId {
  readonly dtype: ElementName;
  readonly key: string;
  readonly elements: number;
}

const LEGACY_START = [0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19, 0x2e];
const LEGACY_PROTOCOL = 1001;

function openContainer(reader: ByteReader): Container {
  const startsWith = (start: readonly number[]) => start.every((byte, i) => reader.bytes[i] === byte);
  if (startsWith([0x50, 0x4b, 0x03, 0x04])) return openZip(reader);
  if (startsWith(LEGACY_START)) return openLegacy(reader);
  return reader.fail("this is no PyTorch checkpoint (neither a zip archive nor PyTorch's older format)");
}

function openZip(reader: ByteReader): Container {
  const entries = listZip(reader);
  const pickle = [...entries.values()].find((entry) => /^[^/]+\/data\.pkl$/.test(entry.name));
  if (pickle === undefined) reader.fail("the zip archive holds no data.pkl: it is no PyTorch checkpoint");
  const folder = pickle.name.slice(0, -"data.pkl".length);
  const byteOrder = entries.get(`${folder}byteorder`);
  if (byteOrder && String.fromCharCode(...unzip(reader, byteOrder).subarray(0, 3)) === "big") {
    reader.fail("the checkpoint was written with big-endian numbers", "Save it again on a little-endian machine.");
  }
  const unpacked = new Map<string, Uint8Array>();
  const storage = (id: StorageId): Uint8Array => {
    const known = unpacked.get(id.key);
    if (known) return known;
    const entry = entries.get(`${folder}data/${id.key}`);
    if (entry === undefined) reader.fail(`the archive lacks the numbers '${folder}data/${id.key}'`);
    const contents = unzip(reader, entry);
    unpacked.set(id.key, contents);
    return contents;
  };
  return { root: readPickle(reader.part(unzip(reader, pickle)), rules), storage };
}

/** Five pickles one after the other, then for every storage its element count and its numbers. */
function openLegacy(reader: ByteReader): Container {
  reader.position = LEGACY_START.length;
  const protocol = readPickle(reader, rules);
  if (protocol !== LEGACY_PROTOCOL)
    reader.fail(`version ${show(protocol)} of PyTorch's older format is unknown; ${LEGACY_PROTOCOL} is read`);
  const system = readPickle(reader, rules);
  if (isKind(system, "dictionary") && system.entries.get("little_endian") === false) {
    reader.fail("the checkpoint was written with big-endian numbers", "Save it again on a little-endian machine.");
  }
  const root = readPickle(reader, rules);
  const keys = readPickle(reader, rules);
  if (!isKind(keys, "list")) reader.fail("the list of tensors is damaged");
  const types = storageTypesOf(reader, root);
  const storages = new Map<string, Uint8Array>();
  for (const key of keys.items) {
    const type = typeof key === "string" ? types.get(key) : undefined;
    if (typeof key !== "string" || type === undefined) reader.fail(`nothing refers to the stored numbers ${show(key)}`);
    const elements = reader.length64("an element count");
    storages.set(key, reader.take(elements * elementTypes[type].bytes, `the numbers '${key}'`));
  }
  const storage = (id: StorageId): Uint8Array =>
    storages.get(id.key) ?? reader.fail(`the file lacks the numbers '${id.key}'`);
  return { root, storage };
}

/** The element type of every storage the object refers to, found without recursion: pickles may be deep or circular. */
function storageTypesOf(reader: ByteReader, root: PickleValue): ReadonlyMap<string, ElementName> {
  const types = new Map<string, ElementName>();
  const seen = new Set<PickleValue>();
  const pending: PickleValue[] = [root];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (typeof value !== "object" || value === null || seen.has(value)) continue;
    seen.add(value);
    const inside = isKind(value, "dictionary")
      ? value.entries.values()
      : "items" in value
        ? value.items
        : "args" in value
          ? value.args
          : [];
    for (const item of inside) pending.push(item);
    if (!isKind(value, "persistent")) continue;
    const { key, dtype } = readStorageId(reader, value);
    types.set(key, dtype);
  }
  return types;
}

function interpret(reader: ByteReader, container: Container): Checkpoint {
  const { root } = container;
  const stateDict = isKind(root, "dictionary") ? root.entries.get("state_dict") : undefined;
  if (!isKind(root, "dictionary") || !isKind(stateDict, "dictionary")) {
    reader.fail("the file has no 'state_dict': it is not the checkpoint of a model");
  }
  const tensors = new Map<string, CheckpointTensor>();
  let elements = 0;
  for (const [name, value] of stateDict.entries) {
    const tensor = typeof name === "string" ? readTensor(reader, container, value, name) : null;
    if (tensor === null) continue;
    elements += tensor.data.length;
    elementCount(reader, [elements], "the checkpoint");
    tensors.set(name as string, tensor);
  }
  const arch = root.entries.get("arch");
  const epoch = root.entries.get("epoch");
  const extras = root.entries.get("extras");
  return {
    fileName: reader.fileName,
    arch: typeof arch === "string" ? arch : null,
    epoch: typeof epoch === "number" ? epoch : null,
    tensors,
    extras: isKind(extras, "dictionary") ? readExtras(reader, container, extras) : new Map(),
  };
}

function readExtras(reader: ByteReader, container: Container, extras: PickleDictionary): Checkpoint["extras"] {
  const plain = new Map<string, number | string | boolean>();
  for (const [key, value] of extras.entries) {
    if (typeof key !== "string") continue;
    if (typeof value === "number" || typeof value === "string" || typeof value === "boolean") plain.set(key, value);
    const tensor = readTensor(reader, container, value, key);
    if (tensor?.data.length === 1) plain.set(key, tensor.data[0] as number);
  }
  return plain;
}

/** null: the value is no tensor. */
function readTensor(
  reader: ByteReader,
  container: Container,
  value: PickleValue,
  name: string,
): CheckpointTensor | null {
  if (!isKind(value, "object")) return null;
  if (value.constructor === REBUILD_PARAMETER) {
    const inner = value.args[0];
    // A parameter holds a tensor, never another parameter.
    return isKind(inner, "object") && inner.constructor === REBUILD_TENSOR
      ? readTensor(reader, container, inner, name)
      : null;
  }
  const [storage, offset, size, stride] = value.args;
  if (!isKind(size, "tuple") || !isKind(stride, "tuple")) reader.fail(`tensor '${name}' is damaged: it has no shape`);
  const id = readStorageId(reader, storage);
  const shape = readSizes(reader, size, name);
  const strides = readSizes(reader, stride, name);
  const [start] = readSizes(reader, { kind: "tuple", items: [offset ?? null] }, name) as [number];
  if (strides.length !== shape.length)
    reader.fail(`tensor '${name}' has ${shape.length} axes and ${strides.length} strides`);
  const count = elementCount(reader, shape, `tensor '${name}'`);
  const last = start + shape.reduce((sum, length, axis) => sum + (length - 1) * (strides[axis] as number), 0);
  const bytes = container.storage(id);
  const stored = Math.min(id.elements, Math.floor(bytes.length / elementTypes[id.dtype].bytes));
  if (count > 0 && last >= stored) {
    reader.fail(`tensor '${name}' reaches element ${last} of ${stored} stored ones`);
  }
  return { shape, dtype: id.dtype, data: gather(reader, id.dtype, bytes, start, shape, strides, name) };
}

function readStorageId(reader: ByteReader, value: PickleValue | undefined): StorageId {
  const items = isKind(value, "persistent") && isKind(value.id, "tuple") ? value.id.items : [];
  const [kind, type, key, , elements] = items;
  const dtype = isKind(type, "class") ? storageTypes.get(type.name) : undefined;
  if (
    kind !== "storage" ||
    dtype === undefined ||
    typeof key !== "string" ||
    typeof elements !== "number" ||
    elements < 0
  ) {
    reader.fail("a reference to stored numbers is damaged");
  }
  return { dtype, key, elements };
}

function readSizes(reader: ByteReader, tuple: PickleTuple, name: string): number[] {
  return tuple.items.map((size) =>
    typeof size === "number" && Number.isSafeInteger(size) && size >= 0
      ? size
      : reader.fail(`tensor '${name}' is damaged: its shape, strides or offset contain ${show(size)}`),
  );
}

/** Copies a strided tensor in C order. Bounds were checked. */
function gather(
  reader: ByteReader,
  dtype: ElementName,
  bytes: Uint8Array,
  start: number,
  shape: readonly number[],
  strides: readonly number[],
  name: string,
): Float64Array {
  const type = elementTypes[dtype];
  const count = shape.reduce((product, size) => product * size, 1);
  const inOrder =
    count > 0 && strides.every((stride, axis) => stride === shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  const data = inOrder
    ? readElements(new DataView(bytes.buffer, bytes.byteOffset + start * type.bytes), type, count, true)
    : readStrided(bytes, type, start, shape, strides, count);
  if (!allExact(type, data)) reader.fail(`tensor '${name}' holds integers beyond 2^53`);
  return data;
}

function readStrided(
  bytes: Uint8Array,
  type: ElementType,
  start: number,
  shape: readonly number[],
  strides: readonly number[],
  count: number,
): Float64Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const data = new Float64Array(count);
  const index = shape.map(() => 0);
  let element = start;
  for (let i = 0; i < data.length; i++) {
    data[i] = type.read(view, element * type.bytes, true);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const position = (index[axis] as number) + 1;
      element += strides[axis] as number;
      if (position < (shape[axis] as number)) {
        index[axis] = position;
        break;
      }
      index[axis] = 0;
      element -= position * (strides[axis] as number);
    }
  }
  return data;
}

const show = (value: PickleValue | undefined): string =>
  typeof value === "object" && value !== null ? `a ${value.kind}` : String(value).slice(0, 40);
