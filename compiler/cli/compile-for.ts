import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DeviceSpec, Program } from "../../targets/index.ts";
import { InternalError, type Diagnostic } from "../../dsl/diagnostic.ts";
import type { Model } from "../../dsl/model.ts";
import type { Network } from "../ir/network.ts";
import type { Placement } from "../ir/placement.ts";
import type { Sample } from "../passes/fold-input.ts";
import type { NetworkWeights } from "../passes/weights.ts";
import type { CompileResult, StageName, Verification, Verifier } from "../compile.ts";
import type { Choices } from "./choices/index.ts";
import type { Clock } from "./model-run.ts";
import type { SummaryRow } from "./summary.ts";

export interface CompileWork {
  readonly model: Model;
  readonly device: DeviceSpec;
  /** null: what is missing was reported; the model is only checked. */
  readonly weights: NetworkWeights | null;
  readonly sample: Sample | null;
  /** What the command line changes. */
  readonly choices: Pick<Choices, "network" | "edits" | "placement" | "program">;
  readonly verify: boolean;
  /** Simulates beside the rest; null: not, the result is there at once. */
  readonly verifier?: Verifier | null;
  readonly stopAfter: string | null;
  /** Folder for the text of every stage, or null. */
  readonly dumpFolder: string | null;
  /** Receives the text of every stage. */
  readonly print?: (text: string) => void;
  readonly clock: Clock;
}

export interface Compiled {
  readonly network?: Network;
  readonly program?: Program;
  readonly placement?: Placement;
  /** The sample as the network's first layer reads it. */
  readonly sample?: Sample | null;
  /** Results of all layers for the sample. */
  readonly tensors: readonly (Int32Array | undefined)[] | null;
  /** Settles when it is known whether the program was simulated and agrees with the reference. */
  readonly verification: Promise<Verification>;
  readonly rows: readonly SummaryRow[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Compiles, writes stage dumps, and turns a defect of ours into a diagnostic. */
export async function compileFor(work: CompileWork): Promise<Compiled> {
  const start = performance.now();
  const { compile } = await import("../compile.ts");
  work.clock.add("loading the compiler", start);
  const { randomWeights } = await import("../passes/random-weights.ts");
  const stages: { name: StageName; text: string }[] = [];
  const begin = performance.now();
  let result: CompileResult;
  try {
    const { network, edits, placement, program } = work.choices;
    result = compile({
      model: work.model,
      device: work.device,
      weights: work.weights ?? randomWeights(work.model, 1),
      sample: work.weights === null ? null : work.sample,
      network,
      edits,
      placement,
      program,
      verify: work.verify,
      verifier: work.verifier ?? null,
      stopAfter: (work.weights === null ? "placement" : work.stopAfter) as StageName | null,
      ...(work.dumpFolder === null && work.print === undefined
        ? {}
        : { onStage: (name, text) => stages.push({ name, text }) }),
    });
  } catch (error) {
    return { rows: [], tensors: null, verification: unverified, diagnostics: [internalError(error)] };
  }
  work.clock.add("passes", begin);
  for (const { pass, milliseconds } of result.times) work.clock.parts.push({ name: `  ${pass}`, milliseconds });
  for (const { name, text } of work.print === undefined ? [] : stages) work.print?.(`${name}\n\n${text}\n`);
  const { network, program, placement, sample = null, tensors = null } = result;
  const verification = verificationOf(result, work.clock);
  const reached = { ...(network === undefined ? {} : { network }), sample, tensors, verification };
  const dumped = work.dumpFolder === null ? [] : await dumpStages(work.dumpFolder, stages);
  const diagnostics = [...result.diagnostics, ...dumped];
  if (program === undefined || placement === undefined) {
    return { ...reached, rows: [], diagnostics, ...(placement === undefined ? {} : { placement }) };
  }
  const { summaryRows } = await import("./summary.ts");
  return { ...reached, program, placement, rows: summaryRows(placement, program), diagnostics };
}

const unverified: Promise<Verification> = Promise.resolve({ verified: false, diagnostics: [] });

async function verificationOf(result: CompileResult, clock: Clock): Promise<Verification> {
  if (result.verification === undefined) return { verified: result.verified ?? false, diagnostics: [] };
  const start = performance.now();
  try {
    return await result.verification;
  } catch (error) {
    return { verified: false, diagnostics: [internalError(error)] };
  } finally {
    clock.add("simulation (waited for)", start);
  }
}

async function dumpStages(
  folder: string,
  stages: readonly { name: string; text: string }[],
): Promise<readonly Diagnostic[]> {
  const [{ makeFolder }, { unwritable }] = await Promise.all([import("./make-folder.ts"), import("./write-output.ts")]);
  try {
    makeFolder(folder);
    stages.forEach(({ name, text }, index) => writeFileSync(join(folder, `${index + 1}-${name}.txt`), text));
    return [];
  } catch (error) {
    return [unwritable(folder, error)];
  }
}

/** Whatever is thrown past the compiler is a defect of ours; the model's author sees one line, not a stack. */
function internalError(error: unknown): Diagnostic {
  if (process.env["AI8XC_DEBUG"] !== undefined) throw error;
  const text = error instanceof Error ? error.message : String(error);
  return {
    code: "AI9002",
    severity: "error",
    message: `internal error: ${text}`,
    hint: `this is a defect of ai8xc${error instanceof InternalError ? "" : " that it did not foresee"}; report it with the model (AI8XC_DEBUG=1 shows where)`,
  };
}
