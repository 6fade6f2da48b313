/** The compiler as a library: models in, programs out. Files and processes belong to the command line. */
export { compile, stageNames } from "./compile.ts";
export type { CompileRequest, CompileResult, StageName } from "./compile.ts";
export type { Layer, Network, NetworkInput, NetworkOptions } from "./ir/network.ts";
export type { Placement } from "./ir/placement.ts";
export type { Schedule } from "./ir/schedule.ts";
export { printModel } from "./inspect/print-model.ts";
export { printNetwork } from "./ir/print-network.ts";
export { printPlacement } from "./ir/print-placement.ts";
export { printProgram } from "./inspect/print-program.ts";
export { printSchedule } from "./ir/print-schedule.ts";
export { verifyNetwork } from "./ir/verify-network.ts";
export { defaultProgramOptions } from "./options.ts";
export type { ProgramOptions } from "./options.ts";
export { foldSample } from "./passes/fold-input.ts";
export type { Sample } from "./passes/fold-input.ts";
export { randomSample, randomWeights } from "./passes/random-weights.ts";
export type { BatchNormWeights, NetworkWeights } from "./passes/weights.ts";
export type { OperatorWeights, WeightSet } from "./import/weight-set.ts";
