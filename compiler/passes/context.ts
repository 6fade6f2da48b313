import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Diagnostic, SourceLocation } from "../../dsl/diagnostic.ts";
import type { NetworkOptions } from "../ir/network.ts";
import type { PassCode } from "./codes.ts";

/** What every pass may look at besides its input. */
export interface PassContext {
  readonly device: DeviceSpec;
  readonly options: NetworkOptions;
}

/** A pass leaves `output` out when its findings make the result meaningless. */
export interface PassResult<Output> {
  readonly output?: Output;
  readonly diagnostics: readonly Diagnostic[];
}

/** A result that is missing when it could not be made. */
export const passResult = <Output>(
  output: Output | undefined,
  diagnostics: readonly Diagnostic[],
): PassResult<Output> => (output === undefined ? { diagnostics } : { output, diagnostics });

/** Findings of one pass, in the order they were made. */
export class Findings {
  readonly diagnostics: Diagnostic[] = [];

  error(code: PassCode, at: Place, message: string, hint?: string): void {
    this.#add("error", code, at, message, hint);
  }

  warning(code: PassCode, at: Place, message: string, hint?: string): void {
    this.#add("warning", code, at, message, hint);
  }

  notice(code: PassCode, at: Place, message: string, hint?: string): void {
    this.#add("notice", code, at, message, hint);
  }

  get failed(): boolean {
    return this.diagnostics.some((diagnostic) => diagnostic.severity === "error");
  }

  /** The output, unless an error was found. */
  result<Output>(output: Output): PassResult<Output> {
    return this.failed ? { diagnostics: this.diagnostics } : { output, diagnostics: this.diagnostics };
  }

  #add(severity: Diagnostic["severity"], code: PassCode, at: Place, message: string, hint?: string): void {
    const location = at?.source ? { location: at.source } : {};
    this.diagnostics.push({ code, severity, message, ...location, ...(hint === undefined ? {} : { hint }) });
  }
}

/** Anything that remembers where the user wrote it. */
type Place = { readonly source?: SourceLocation | undefined } | null;
