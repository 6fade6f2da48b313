import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { invariant } from "../../dsl/diagnostic.ts";
import { registerAddress } from "../../targets/accelerator/address.ts";
import type { BusOperation } from "../../targets/accelerator/program.ts";
import type { FieldValues, RegisterSpec } from "../../targets/accelerator/register.ts";
import { encodeRegister } from "../../targets/accelerator/register.ts";
import type { Layer } from "../ir/network.ts";
import { lowerCodes } from "./codes.ts";
import type { LoweringContext } from "./context.ts";

export interface WriteTarget {
  readonly quadrant?: number;
  /** Hardware layer, or slot of a stream register. */
  readonly layer?: number;
  /** Network layer the write belongs to. */
  readonly origin?: Layer;
  readonly label?: string;
  /** Written even when the value is zero. */
  readonly forced?: boolean;
}

/** Collects bus operations in order. Zero values are left out unless asked for; registers start at zero. */
export class RegisterWriter {
  readonly operations: BusOperation[] = [];
  readonly #context: LoweringContext;
  readonly #diagnostics: Diagnostic[];

  constructor(context: LoweringContext, diagnostics: Diagnostic[]) {
    this.#context = context;
    this.#diagnostics = diagnostics;
  }

  /** Encodes fields and writes the register; values that do not fit become diagnostics. */
  write(name: string, fields: FieldValues, target: WriteTarget = {}): void {
    const register = this.#register(name);
    if (!this.#fits(register, fields, target.origin)) return;
    const value = encodeRegister(register, fields);
    const { quadrant = null, layer = null, origin, label = register.label } = target;
    if (value === 0 && target.forced !== true && !this.#context.options.writeZeroRegisters) return;
    this.operations.push({
      kind: "register",
      register: name,
      quadrant,
      layer,
      address: registerAddress(this.#context.device, register, quadrant ?? 0, layer ?? 0),
      value,
      label,
      ...(origin === undefined ? {} : { origin: origin.name }),
    });
  }

  /** Waits until all bits given by `fields` are set. */
  poll(name: string, fields: FieldValues, quadrant: number, label: string): void {
    const { address, mask } = this.#bits(name, fields, quadrant);
    this.operations.push({ kind: "poll", address, mask, value: mask, label });
  }

  /** Leaves the function with a failure if any bit given by `fields` is set. */
  check(name: string, fields: FieldValues, quadrant: number, label: string): void {
    this.operations.push({ kind: "check", ...this.#bits(name, fields, quadrant), label });
  }

  push(operation: BusOperation): void {
    this.operations.push(operation);
  }

  note(text: string): void {
    this.operations.push({ kind: "note", text });
  }

  #bits(name: string, fields: FieldValues, quadrant: number): { address: number; mask: number } {
    const register = this.#register(name);
    return {
      address: registerAddress(this.#context.device, register, quadrant, 0),
      mask: encodeRegister(register, fields),
    };
  }

  #register(name: string): RegisterSpec {
    const register = this.#context.registers[name];
    invariant(register !== undefined, `no register ${name} on ${this.#context.device.name}`);
    return register;
  }

  #fits(register: RegisterSpec, fields: FieldValues, origin: Layer | undefined): boolean {
    let fits = true;
    for (const [name, value] of Object.entries(fields)) {
      const field = register.fields[name];
      if (typeof value !== "number" || field === undefined) continue;
      const limit = 2 ** field.width - 1;
      if (value >= 0 && value <= limit) continue;
      fits = false;
      const location = origin?.origins.find((source) => source.source !== undefined)?.source;
      const message = `${origin === undefined ? "the network" : origin.name} needs ${value} for ${field.doc} (register ${register.name}); the hardware counts from 0 to ${limit}`;
      // Registers of all quadrants have the same value: one finding is enough.
      if (this.#diagnostics.some((known) => known.message === message)) continue;
      this.#diagnostics.push({
        code: lowerCodes.fieldOverflow,
        severity: "error",
        message,
        hint: "use smaller data, fewer channels or fewer streaming layers, or move the layer to other processors",
        ...(location === undefined ? {} : { location }),
      });
    }
    return fits;
  }
}
