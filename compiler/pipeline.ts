import type { Diagnostic } from "../dsl/diagnostic.ts";
import { hasErrors } from "../dsl/diagnostic.ts";
import type { PassContext, PassResult } from "./passes/context.ts";

/** One pass: from its input to its output, or to the reasons why there is none. */
export type Pass<Input, Output> = (context: PassContext, input: Input) => PassResult<Output>;

/** How long a pass took. */
export interface PassTime {
  readonly pass: string;
  readonly milliseconds: number;
}

/** Runs passes one after the other, collects what they find and measures them. */
export class Pipeline {
  readonly context: PassContext;
  readonly diagnostics: Diagnostic[] = [];
  readonly times: PassTime[] = [];

  constructor(context: PassContext) {
    this.context = context;
  }

  /** The output of a pass. A pass without output ends `during`. */
  run<Input, Output>(pass: Pass<Input, Output>, input: Input, name: string = pass.name): Output {
    const { output, diagnostics } = this.measure(name, () => pass(this.context, input));
    this.diagnostics.push(...diagnostics);
    if (output === undefined) throw new NoOutput();
    return output;
  }

  /** Judges what a pass made. An error ends `during`. */
  verify(name: string, judge: () => readonly Diagnostic[]): void {
    const diagnostics = this.measure(name, judge);
    this.diagnostics.push(...diagnostics);
    if (hasErrors(diagnostics)) throw new NoOutput();
  }

  /** The result of a step that cannot fail. */
  measure<Result>(name: string, step: () => Result): Result {
    const start = performance.now();
    const result = step();
    this.times.push({ pass: name, milliseconds: performance.now() - start });
    return result;
  }

  /** Ends `during`, as a user asked to see no further than here. */
  stop(): never {
    throw new NoOutput();
  }

  /** Runs `steps` until they end or a pass has no output. */
  during(steps: () => void): void {
    try {
      steps();
    } catch (thrown) {
      if (!(thrown instanceof NoOutput)) throw thrown;
    }
  }
}

/** Never leaves this file: a list of passes reads better than a check after each of them. */
class NoOutput extends Error {}
