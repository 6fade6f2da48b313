/** Program to C project. */
export { emitProject, type EmittedProject } from "./project.ts";
export {
  defaultEmitOptions,
  type EmitDiagnostic,
  type EmitOptions,
  type PortPin,
  type RepeatedInput,
} from "./options.ts";
export {
  outputLayouts,
  outputWords,
  unloadOrder,
  unloadResult,
  type ElementBits,
  type OutputLayout,
  type UnloadElement,
  type UnloadSegment,
} from "./layout.ts";
export { limitKnownAnswer } from "./print/known-answer.ts";
export { percent, thousands } from "./print/values.ts";
export { summaryLines } from "./print/summary.ts";
