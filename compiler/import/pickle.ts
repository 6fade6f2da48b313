import type { ByteReader } from "./byte-reader.ts";

/**
 * What a pickle can turn into here. Nothing is ever executed: a class is its name, and an object that a class was
 * called to make is the name with its arguments, for the caller to interpret or ignore.
 */
export type PickleValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | PickleList
  | PickleTuple
  | PickleDictionary
  | PickleClass
  | PickleObject
  | PicklePersistent;

export interface PickleList {
  readonly kind: "list";
  readonly items: PickleValue[];
}
export interface PickleTuple {
  readonly kind: "tuple";
  readonly items: readonly PickleValue[];
}
export interface PickleDictionary {
  readonly kind: "dictionary";
  /** An OrderedDict, as PyTorch keeps parameters in. */
  readonly ordered: boolean;
  /** In file order; keys are text or numbers. */
  readonly entries: Map<PickleKey, PickleValue>;
}
export interface PickleClass {
  readonly kind: "class";
  /** `module name`. */
  readonly name: string;
}
export interface PickleObject {
  readonly kind: "object";
  readonly constructor: string;
  readonly args: readonly PickleValue[];
}
/** A reference to something that is stored outside of the pickle. */
export interface PicklePersistent {
  readonly kind: "persistent";
  readonly id: PickleValue;
}
export type PickleKey = string | number | bigint | boolean | null;

/** Which classes may be named, and which of those may be called. */
export interface PickleRules {
  readonly mayName: (name: string) => boolean;
  readonly mayCall: (name: string) => boolean;
}

export const ORDERED_DICTIONARY = "collections OrderedDict";

const PROTOCOL_LIMIT = 2;
/** Instructions in one pickle; the largest checkpoints have some ten thousand. */
const INSTRUCTION_LIMIT = 1_000_000;
/** Characters of a class name. */
const NAME_LIMIT = 200;

/**
 * Runs one pickle (protocol 2, the subset that checkpoints use) from the reader's position to its STOP.
 * Work and memory are proportional to the bytes read: every instruction makes at most one new value and the memo
 * holds references only. Unknown instructions and classes fail.
 */
export function readPickle(reader: ByteReader, rules: PickleRules): PickleValue {
  return new PickleMachine(reader, rules).run();
}

const text = new TextDecoder("utf-8");

class PickleMachine {
  private readonly reader: ByteReader;
  private readonly rules: PickleRules;
  private readonly stack: PickleValue[] = [];
  /** Stack heights at open MARKs. */
  private readonly marks: number[] = [];
  private readonly memo = new Map<number, PickleValue>();

  constructor(reader: ByteReader, rules: PickleRules) {
    this.reader = reader;
    this.rules = rules;
  }

  run(): PickleValue {
    for (let count = 0; count < INSTRUCTION_LIMIT; count++) {
      const opcode = this.reader.uint8("a pickle");
      if (opcode === 0x2e) return this.pop();
      const instruction = instructions.get(opcode);
      if (instruction === undefined) {
        this.reader.fail(
          `pickle instruction 0x${opcode.toString(16)} at byte ${this.reader.position - 1} is not supported`,
        );
      }
      instruction(this, this.reader);
    }
    return this.reader.fail(`a pickle has more than ${INSTRUCTION_LIMIT} instructions`);
  }

  push(value: PickleValue): void {
    this.stack.push(value);
  }

  pop(): PickleValue {
    const floor = this.marks.at(-1) ?? 0;
    if (this.stack.length <= floor)
      this.reader.fail(`the pickle is damaged: nothing to take at byte ${this.reader.position}`);
    return this.stack.pop() as PickleValue;
  }

  mark(): void {
    this.marks.push(this.stack.length);
  }

  popToMark(): PickleValue[] {
    const mark = this.marks.pop();
    if (mark === undefined) this.reader.fail(`the pickle is damaged: no mark before byte ${this.reader.position}`);
    return this.stack.splice(mark);
  }

  remember(index: number): void {
    const top = this.pop();
    this.memo.set(index, top);
    this.push(top);
  }

  recall(index: number): void {
    const value = this.memo.get(index);
    if (value === undefined) this.reader.fail(`the pickle is damaged: entry ${index} was never stored`);
    this.push(value);
  }

  tuple(items: readonly PickleValue[]): void {
    this.push({ kind: "tuple", items });
  }

  append(items: readonly PickleValue[]): void {
    const list = this.pop();
    if (!isKind(list, "list")) this.reader.fail("the pickle is damaged: it appends to something that is no list");
    for (const item of items) list.items.push(item);
    this.push(list);
  }

  setItems(items: readonly PickleValue[]): void {
    const dictionary = this.pop();
    if (!isKind(dictionary, "dictionary") || items.length % 2 !== 0) {
      this.reader.fail("the pickle is damaged: it sets entries of something that is no dictionary");
    }
    for (let i = 0; i < items.length; i += 2) {
      const key = items[i] as PickleValue;
      if (typeof key === "object" && key !== null)
        this.reader.fail("the pickle has a dictionary key that is no text or number");
      dictionary.entries.set(key, items[i + 1] as PickleValue);
    }
    this.push(dictionary);
  }

  nameClass(): void {
    const name = `${this.line()} ${this.line()}`;
    if (!this.rules.mayName(name)) {
      this.reader.fail(
        `the pickle asks for '${name.replace(" ", ".")}', which a checkpoint of weights does not need; nothing was executed`,
        "Save only the state_dict and plain numbers: torch.save({'state_dict': model.state_dict(), 'arch': ..., 'epoch': ...}).",
      );
    }
    this.push({ kind: "class", name });
  }

  /** "Calls" a class: an ordered dictionary becomes one, everything else a description of the call. */
  reduce(): void {
    const args = this.pop();
    const callee = this.pop();
    if (!isKind(callee, "class") || !isKind(args, "tuple") || !this.rules.mayCall(callee.name)) {
      const name = isKind(callee, "class") ? `'${callee.name.replace(" ", ".")}'` : "something that is no class";
      this.reader.fail(`the pickle calls ${name}, which is not allowed; nothing was executed`);
    }
    if (callee.name !== ORDERED_DICTIONARY) {
      this.push({ kind: "object", constructor: callee.name, args: args.items });
    } else {
      if (args.items.length > 0)
        this.reader.fail("the pickle makes an OrderedDict with arguments, which is not supported");
      this.push({ kind: "dictionary", ordered: true, entries: new Map() });
    }
  }

  private line(): string {
    const { bytes, position } = this.reader;
    const end = bytes.subarray(position, position + NAME_LIMIT).indexOf(0x0a);
    if (end < 0) this.reader.fail(`the pickle is damaged: no end of the class name at byte ${position}`);
    const name = text.decode(this.reader.take(end, "a class name"));
    this.reader.position += 1;
    return name;
  }
}

type Kinded = Exclude<PickleValue, null | boolean | number | bigint | string>;

export function isKind<K extends Kinded["kind"]>(
  value: PickleValue | undefined,
  kind: K,
): value is Extract<Kinded, { readonly kind: K }> {
  return typeof value === "object" && value !== null && value.kind === kind;
}

/** Little-endian two's complement of any length up to 255 bytes; small ones become numbers. */
function readLong(bytes: Uint8Array): number | bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] as number);
  value = BigInt.asIntN(8 * bytes.length, value);
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

type Instruction = (machine: PickleMachine, reader: ByteReader) => void;

/** The instructions that checkpoints use; STOP ends `run`. */
const instructions: ReadonlyMap<number, Instruction> = new Map<number, Instruction>([
  // PROTO
  [
    0x80,
    (_, reader) => {
      const protocol = reader.uint8("the pickle protocol");
      if (protocol > PROTOCOL_LIMIT)
        reader.fail(`pickle protocol ${protocol} is not supported; checkpoints use ${PROTOCOL_LIMIT}`);
    },
  ],
  // MARK, NONE, NEWTRUE, NEWFALSE
  [0x28, (machine) => machine.mark()],
  [0x4e, (machine) => machine.push(null)],
  [0x88, (machine) => machine.push(true)],
  [0x89, (machine) => machine.push(false)],
  // BININT, BININT1, BININT2, LONG1, BINFLOAT, BINUNICODE
  [0x4a, (machine, reader) => machine.push(reader.int32("a number"))],
  [0x4b, (machine, reader) => machine.push(reader.uint8("a number"))],
  [0x4d, (machine, reader) => machine.push(reader.uint16("a number"))],
  [0x8a, (machine, reader) => machine.push(readLong(reader.take(reader.uint8("a number"), "a number")))],
  [0x47, (machine, reader) => machine.push(reader.float64BigEndian("a number"))],
  [0x58, (machine, reader) => machine.push(text.decode(reader.take(reader.uint32("a text length"), "a text")))],
  // EMPTY_DICT, EMPTY_LIST, EMPTY_TUPLE
  [0x7d, (machine) => machine.push({ kind: "dictionary", ordered: false, entries: new Map() })],
  [0x5d, (machine) => machine.push({ kind: "list", items: [] })],
  [0x29, (machine) => machine.tuple([])],
  // TUPLE1, TUPLE2, TUPLE3, TUPLE
  [0x85, (machine) => machine.tuple([machine.pop()])],
  [0x86, (machine) => machine.tuple([machine.pop(), machine.pop()].toReversed())],
  [0x87, (machine) => machine.tuple([machine.pop(), machine.pop(), machine.pop()].toReversed())],
  [0x74, (machine) => machine.tuple(machine.popToMark())],
  // APPEND, APPENDS, SETITEM, SETITEMS
  [0x61, (machine) => machine.append([machine.pop()])],
  [0x65, (machine) => machine.append(machine.popToMark())],
  [0x73, (machine) => machine.setItems([machine.pop(), machine.pop()].toReversed())],
  [0x75, (machine) => machine.setItems(machine.popToMark())],
  // BINPUT, LONG_BINPUT, BINGET, LONG_BINGET
  [0x71, (machine, reader) => machine.remember(reader.uint8("a memo index"))],
  [0x72, (machine, reader) => machine.remember(reader.uint32("a memo index"))],
  [0x68, (machine, reader) => machine.recall(reader.uint8("a memo index"))],
  [0x6a, (machine, reader) => machine.recall(reader.uint32("a memo index"))],
  // GLOBAL, REDUCE, BINPERSID
  [0x63, (machine) => machine.nameClass()],
  [0x52, (machine) => machine.reduce()],
  [0x51, (machine) => machine.push({ kind: "persistent", id: machine.pop() })],
  // BUILD gives an object its state. Only dictionaries get one here (module metadata), and it is of no use.
  [0x62, (machine) => void machine.pop()],
]);
