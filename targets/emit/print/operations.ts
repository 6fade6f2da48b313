import type { DeviceSpec } from "../../accelerator/device.ts";
import type { BlockWriteOperation, BusOperation, Program, RegisterWriteOperation } from "../../accelerator/program.ts";
import { describeRegister, type RegisterSpec } from "../../accelerator/register.ts";
import { commentLines, hex, staticTable, withoutContinuation } from "./values.ts";

/** Bus operations as C statements: one line per write, with the register's name and decoded fields. */
export interface PrintContext {
  readonly program: Program;
  readonly device: DeviceSpec;
  readonly registers: Readonly<Record<string, RegisterSpec>>;
  /** Compare every register with what was written. */
  readonly verifyWrites?: boolean;
}

export interface PrintedOperations {
  /** Constants that must stand before the function. */
  readonly tables: readonly string[];
  readonly lines: readonly string[];
}

/** Prints the operations of one function. `prefix` names the tables it needs. */
export function printOperations(
  operations: readonly BusOperation[],
  context: PrintContext,
  prefix: string,
): PrintedOperations {
  const tables: string[] = [];
  const lines: string[] = [];
  let previous: BusOperation | undefined;
  for (const operation of operations) {
    const opening = openingLines(operation, previous, context);
    if (opening.length > 0 && lines.length > 0) lines.push("");
    lines.push(...opening.filter((line) => line !== ""));
    lines.push(...operationLines(operation, context, () => `${prefix}_${tables.length}`, tables));
    previous = operation;
  }
  return { tables, lines };
}

/** Title of a new block; an empty string asks for a blank line without title. */
function openingLines(operation: BusOperation, previous: BusOperation | undefined, context: PrintContext): string[] {
  if (operation.kind === "note") return [""];
  if (operation.kind === "register" && operation.layer !== null) {
    return previous?.kind === "register" && sameLayer(operation, previous) ? [] : [layerTitle(operation, context)];
  }
  return previous === undefined || previous.kind === "note" || continues(operation, previous) ? [] : [""];
}

const sameLayer = (a: RegisterWriteOperation, b: RegisterWriteOperation): boolean =>
  a.layer === b.layer && a.quadrant === b.quadrant && a.origin === b.origin;

/** Waiting and checking belong to the write before them; so do writes to the same quadrant or of the same kind. */
function continues(operation: BusOperation, previous: BusOperation): boolean {
  if (operation.kind === "poll" || operation.kind === "check") return previous.kind !== "block";
  if (operation.kind !== "register") return previous.kind === operation.kind;
  if (previous.kind === "poll" || previous.kind === "check") return previous.address === operation.address;
  if (previous.kind !== "register" || previous.layer !== null) return false;
  return operation.quadrant === previous.quadrant || operation.register === previous.register;
}

function layerTitle(operation: RegisterWriteOperation, { program }: PrintContext): string {
  const layer =
    program.layers.find(({ name }) => name === operation.origin) ??
    program.layers.find(({ index }) => operation.origin === undefined && index === operation.layer);
  const name = operation.origin ?? layer?.name;
  const source = layer?.source === undefined ? "" : `, ${layer.source.file}:${layer.source.line}`;
  const title = `Layer ${operation.layer} quadrant ${operation.quadrant}${name === undefined ? "" : `: ${name}`}${source}`;
  return `  // ${withoutContinuation(title)}`;
}

function operationLines(
  operation: BusOperation,
  context: PrintContext,
  tableName: () => string,
  tables: string[],
): string[] {
  switch (operation.kind) {
    case "note":
      return commentLines(operation.text, "  ");
    case "register":
      return registerLines(operation, context);
    case "poll": {
      const condition = `(CNN_REG(${hex(operation.address)}) & ${hex(operation.mask)}) != ${hex(operation.value)}`;
      return [`  while (${condition}) { } // ${withoutContinuation(operation.label)}`];
    }
    case "check": {
      const condition = `(CNN_REG(${hex(operation.address)}) & ${hex(operation.mask)}) != 0`;
      return [`  if (${condition}) return CNN_FAIL; // ${withoutContinuation(operation.label)}`];
    }
    case "block":
      return blockLines(operation, tableName, tables);
  }
}

function registerLines(operation: RegisterWriteOperation, context: PrintContext): string[] {
  const { address, value, label } = operation;
  const register = context.registers[operation.register];
  const fields = register === undefined ? "" : describeRegister(register, value);
  const meaning = [operation.register, label === "" || label === operation.register ? "" : `(${label})`, fields];
  const comment = withoutContinuation(meaning.filter((part) => part !== "").join(" "));
  const write = `  CNN_REG(${hex(address)}) = ${hex(value)}; // ${comment}`;
  if (context.verifyWrites !== true || !readsBack(operation, context)) return [write];
  return [write, `  if (CNN_REG(${hex(address)}) != ${hex(value)}) return CNN_FAIL;`];
}

/** The rollover register of some devices does not return what was written. */
const readsBack = (operation: RegisterWriteOperation, { device }: PrintContext): boolean =>
  device.capabilities.verifiesRollover || operation.register !== "FMAX";

/** Up to this many words are printed one by one. */
const shortBlock = 8;

function blockLines(operation: BlockWriteOperation, tableName: () => string, tables: string[]): string[] {
  const { address, words, width, step } = operation;
  const access = width === 1 ? "CNN_BYTE" : "CNN_REG";
  const digits = width === 1 ? 2 : 8;
  const comment = ` // ${withoutContinuation(operation.label)}`;
  if (words.length <= shortBlock) {
    return [...words].map((word, i) => `  ${access}(${hex(address + i * step)}) = ${hex(word, digits)};${comment}`);
  }
  const target = step === 0 ? hex(address) : `${hex(address)} + ${step} * i`;
  const head = `  for (int i = 0; i < ${words.length}; i++)`;
  const first = words[0] as number;
  if (words.every((word) => word === first)) return [`${head} ${access}(${target}) = ${hex(first, digits)};${comment}`];
  const name = tableName();
  tables.push(staticTable(width === 1 ? "uint8_t" : "uint32_t", name, words, digits));
  return [`${head} ${access}(${target}) = ${name}[i];${comment}`];
}
