import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { PassCode } from "../passes/codes.ts";
import type { Layer } from "./network.ts";

/** Findings about one layer, at the last operator it was made of. */
export class LayerReport {
  readonly device: DeviceSpec;
  readonly diagnostics: Diagnostic[] = [];
  readonly #layer: Layer;

  constructor(layer: Layer, device: DeviceSpec) {
    this.#layer = layer;
    this.device = device;
  }

  error(code: PassCode, message: string, hint?: string): void {
    this.#add("error", code, message, hint);
  }

  warning(code: PassCode, message: string, hint?: string): void {
    this.#add("warning", code, message, hint);
  }

  /** An error unless the condition holds. */
  require(condition: boolean, code: PassCode, message: string, hint?: string): void {
    if (!condition) this.error(code, message, hint);
  }

  #add(severity: Diagnostic["severity"], code: PassCode, message: string, hint?: string): void {
    const { name, origins } = this.#layer;
    const source = origins.findLast((origin) => origin.source !== undefined)?.source;
    const location = source === undefined ? {} : { location: source };
    this.diagnostics.push({ code, severity, message: `'${name}': ${message}`, ...location, ...(hint ? { hint } : {}) });
  }
}
