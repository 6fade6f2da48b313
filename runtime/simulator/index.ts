/** Executes a `Program` from its registers and memory images alone. */
export type { LayerExecution, LayerSummary } from "./chip.ts";
export { Machine } from "./machine.ts";
export { checkKnownAnswer, readOutput, type KnownAnswerMismatch } from "./read-out.ts";
export {
  executeOperation,
  infer,
  prepare,
  simulate,
  type ExecutableProgram,
  type Simulation,
  type SimulationOptions,
} from "./simulate.ts";
