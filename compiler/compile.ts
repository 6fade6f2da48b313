import type { DeviceSpec } from "../targets/accelerator/device.ts";
import type { KnownAnswerBlock, Program } from "../targets/accelerator/program.ts";
import { checkModel } from "../dsl/check.ts";
import type { Diagnostic } from "../dsl/diagnostic.ts";
import type { Model } from "../dsl/model.ts";
import { executeNetwork } from "./execute-network.ts";
import { printModel } from "./inspect/print-model.ts";
import { printProgram } from "./inspect/print-program.ts";
import type { Network, NetworkOptions } from "./ir/network.ts";
import type { Placement } from "./ir/placement.ts";
import { printNetwork } from "./ir/print-network.ts";
import { printPlacement } from "./ir/print-placement.ts";
import { printSchedule } from "./ir/print-schedule.ts";
import { verifyNetwork } from "./ir/verify-network.ts";
import { verifySchedule } from "./ir/verify-schedule.ts";
import { lowerCodes } from "./lower/codes.ts";
import { answerOf, checkProgram, lowerProgram } from "./lower/lower-program.ts";
import {
  defaultPlacementOptions,
  defaultProgramOptions,
  type NetworkEdits,
  type PlacementOptions,
  type ProgramOptions,
} from "./options.ts";
import { passResult } from "./passes/context.ts";
import type { Sample } from "./passes/fold-input.ts";
import { modelOptions } from "./passes/model-options.ts";
import { modelToNetwork } from "./passes/model-to-network.ts";
import { scheduleLayers } from "./passes/schedule-layers.ts";
import type { NetworkWeights } from "./passes/weights.ts";
import { Pipeline, type Pass, type PassTime } from "./pipeline.ts";
import { placeNetwork } from "./placement/place.ts";
import { acceptedDifference, overlapJudge } from "./placement/allowed-overlaps.ts";
import { verifyPlacement } from "./placement/verify-placement.ts";
import { programCheck, verifyProgram, type ProgramCheck } from "./verify-program.ts";
import { checkZeroResults } from "./zero-results.ts";

/** What a compilation reaches, in this order. */
export const stageNames = ["model", "network", "schedule", "placement", "program"] as const;
export type StageName = (typeof stageNames)[number];

export interface CompileRequest {
  readonly model: Model;
  readonly device: DeviceSpec;
  readonly weights: NetworkWeights;
  /** Input of the known-answer test; null leaves the test out. */
  readonly sample: Sample | null;
  /** Default: what the model says, else no FIFO, averages cut toward zero. */
  readonly network?: Partial<NetworkOptions>;
  /** Changes of the hardware layers; default: none. */
  readonly edits?: Partial<NetworkEdits>;
  /** Default: `defaultPlacementOptions`. */
  readonly placement?: Partial<PlacementOptions>;
  /** Default: `defaultProgramOptions`. */
  readonly program?: Partial<ProgramOptions>;
  /** Simulate the program and compare it with the reference; needs a sample. Default true. */
  readonly verify?: boolean;
  /** Simulates beside the rest; the result then has a promise in `verification`. Default: `compile` simulates. */
  readonly verifier?: Verifier | null;
  readonly stopAfter?: StageName | null;
  /** Called with the text of every stage as it is reached; printing costs nothing without it. */
  readonly onStage?: (name: StageName, text: string) => void;
}

/** Runs a program elsewhere, while this thread computes what it is compared with. */
export interface Verifier {
  readonly start: (check: ProgramCheck) => RunningCheck;
}

/** A program that runs elsewhere; it waits where it needs what it was not yet told. */
export interface RunningCheck {
  readonly tensor: (layer: number, values: Int32Array) => void;
  /** Tells the last that the program needs; settles when it has ended, with what differs. */
  readonly finish: (knownAnswer: readonly KnownAnswerBlock[]) => Promise<readonly Diagnostic[]>;
}

/** What comparing a program with the reference gave. */
export interface Verification {
  readonly verified: boolean;
  readonly diagnostics: readonly Diagnostic[];
}

/** Everything that was made before an error, or the wish to stop, ended the compilation. */
export interface CompileResult {
  readonly network?: Network;
  readonly placement?: Placement;
  readonly program?: Program;
  /** The sample as the network's first layer reads it. */
  readonly sample?: Sample | null;
  /** Results of all layers for the sample. */
  readonly tensors?: readonly (Int32Array | undefined)[] | null;
  /** The program was simulated and agrees with the reference. */
  readonly verified?: boolean;
  /** With a verifier: settles when it is known whether the program agrees. */
  readonly verification?: Promise<Verification>;
  readonly diagnostics: readonly Diagnostic[];
  readonly times: readonly PassTime[];
}

/**
 * Model to Program, stage by stage, each judged before the next begins. Mistakes in model, weights or options are
 * diagnostics, never exceptions. The same request gives the same result, byte for byte.
 */
export function compile(request: CompileRequest): CompileResult {
  const { model, device } = request;
  const options: NetworkOptions = { ...modelOptions(model), ...request.network };
  const placementOptions: PlacementOptions = { ...defaultPlacementOptions, ...request.placement };
  const programOptions: ProgramOptions = { ...defaultProgramOptions(device), ...request.program };
  const pipeline = new Pipeline({ device, options });
  const reached = (name: StageName, print: () => string): void => {
    request.onStage?.(name, print());
    if (request.stopAfter === name) pipeline.stop();
  };
  const result: {
    sample?: Sample | null;
    tensors?: readonly (Int32Array | undefined)[] | null;
    network?: Network;
    placement?: Placement;
    program?: Program;
    verified?: boolean;
    verification?: Promise<Verification>;
  } = {};

  pipeline.during(() => {
    pipeline.verify("checkModel", () => checkModel(model, [device]));
    reached("model", () => printModel(model));

    const { weights, sample: given, edits = {} } = request;
    const { network, sample } = modelToNetwork(pipeline, { model, weights, sample: given, edits });
    pipeline.verify("verifyNetwork", () => verifyNetwork(network, device));
    result.network = network;
    result.sample = sample;
    reached("network", () => printNetwork(network));

    const schedule = pipeline.measure("scheduleLayers", () => scheduleLayers(network, device));
    pipeline.verify("verifySchedule", () => verifySchedule(schedule, device));
    reached("schedule", () => printSchedule(schedule));

    const placement = pipeline.run(placeWith(placementOptions, programOptions), network, "placeLayers");
    const overlaps = overlapJudge(placementOptions.overlaps);
    pipeline.verify("verifyPlacement", () =>
      verifyPlacement(placement, device, programOptions).flatMap(overlaps.judge),
    );
    result.placement = placement;
    reached("placement", () => printPlacement(placement));

    pipeline.verify("checkProgram", () => checkProgram(placement, device, programOptions).filter(isError));
    const lowered = pipeline.run(lowerWith(programOptions, sample), placement, "lowerProgram");
    const verifies = sample !== null && request.verify !== false;
    const check = verifies ? programCheck(lowered, placement, device) : null;
    const running = check === null ? null : request.verifier?.start(check);
    const watch = { result: (layer: number, values: Int32Array) => running?.tensor(layer, values) };
    const tensors = sample && pipeline.measure("executeLayers", () => executeNetwork(network, sample, watch));
    const knownAnswer = tensors && pipeline.measure("knownAnswer", () => answerOf(placement, device, tensors));
    const program: Program = { ...lowered, knownAnswer };
    result.tensors = tensors;
    if (tensors !== null) pipeline.verify("checkZeroResults", () => checkZeroResults(network, tensors));
    const judge = (found: readonly Diagnostic[]): readonly Diagnostic[] => {
      if (overlaps.found) return found.slice(0, 1).map(acceptedDifference);
      return runsOnce(programOptions) ? found : found.slice(0, 1).map(otherExecution);
    };
    if (running && knownAnswer !== null) {
      result.verification = running
        .finish(knownAnswer)
        .then((found) => ({ verified: found.length === 0, diagnostics: judge(found) }));
    } else if (check !== null && tensors !== null) {
      pipeline.verify("verifyProgram", () => {
        const reference = { tensor: (layer: number) => tensors[layer], knownAnswer: () => knownAnswer };
        const found = verifyProgram(check, reference);
        result.verified = found.length === 0;
        return judge(found);
      });
    }
    result.program = program;
    reached("program", () => printProgram(program));
  });
  return { ...result, diagnostics: pipeline.diagnostics, times: pipeline.times };
}

const runsOnce = ({ repeatLayers }: ProgramOptions): boolean => repeatLayers === 1;

/** A difference from the reference where options ask for another execution: no defect, but worth knowing. */
const otherExecution = (difference: Diagnostic): Diagnostic => ({
  ...difference,
  code: lowerCodes.otherExecution,
  severity: "warning",
  message: `the program does not run every layer once: ${difference.message}`,
  hint: "leave out --repeat-layers, or the known-answer test with --no-kat",
});

const isError = ({ severity }: Diagnostic): boolean => severity === "error";

const placeWith =
  ({ deduplicate, weightStart }: PlacementOptions, program: ProgramOptions): Pass<Network, Placement> =>
  ({ device }, network) => {
    const { placement, diagnostics } = placeNetwork(network, device, {
      deduplicate,
      firstWord: weightStart,
      program,
    });
    return passResult(placement, diagnostics);
  };

const lowerWith =
  (options: ProgramOptions, sample: Sample | null): Pass<Placement, Program> =>
  ({ device }, placement) => {
    const { program, diagnostics } = lowerProgram(placement, device, options, { sample, tensors: null });
    return passResult(program, diagnostics);
  };
