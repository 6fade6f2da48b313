import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Program } from "../../targets/accelerator/program.ts";
import { compile } from "../../compiler/compile.ts";
import { exportNetwork, type ExportedNetwork } from "../../compiler/export/export-network.ts";
import { foldedSample } from "../../compiler/export/folded-sample.ts";
import type { Placement } from "../../compiler/ir/placement.ts";
import { defaultProgramOptions } from "../../compiler/options.ts";
import type { Sample } from "../../compiler/passes/fold-input.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { Model } from "../../dsl/model.ts";
import { buildLegalModel, randomInput, type RandomModel, randomWeights } from "../fixtures/random-model.ts";

/** A model compiled and written for the reference generator. */
export interface WrittenModel {
  readonly model: Model;
  readonly sample: Sample;
  readonly placement: Placement;
  readonly program: Program;
  readonly exported: ExportedNetwork;
}

/** Compiles a random legal model with random weights and writes it; without a program, the codes say why. */
export function writeRandomModel(
  given: RandomModel,
  device: DeviceSpec,
): { readonly written?: WrittenModel; readonly refused: readonly string[] } {
  return writeWithRandomWeights(buildLegalModel(given, device), device, given.seed);
}

export function writeWithRandomWeights(
  model: Model,
  device: DeviceSpec,
  seed: number,
): { readonly written?: WrittenModel; readonly refused: readonly string[] } {
  const shape = model.nodes[0]?.shape ?? { channels: 1, height: 1, width: 1 };
  const sample = { shape, data: randomInput(model, seed) };
  const weights = randomWeights(model, seed);
  const { program, placement, diagnostics } = compile({ model, device, weights, sample, verify: false });
  if (program === undefined || placement === undefined) return { refused: errorCodes(diagnostics) };
  const exported = exportNetwork({
    placement,
    program,
    device,
    options: defaultProgramOptions(device),
    sample: foldedSample(sample, placement.network.input),
  });
  return { written: { model, sample, placement, program, exported }, refused: errorCodes(exported.diagnostics) };
}

const errorCodes = (diagnostics: readonly Diagnostic[]): string[] =>
  diagnostics.filter(({ severity }) => severity === "error").map(({ code }) => code);
