import { compile } from "../../compiler/compile.ts";
import { exportNetwork, type ExportedNetwork } from "../../compiler/export/export-network.ts";
import { foldedSample } from "../../compiler/export/folded-sample.ts";
import type { NetworkOptions } from "../../compiler/ir/network.ts";
import { defaultProgramOptions } from "../../compiler/options.ts";
import type { Sample } from "../../compiler/passes/fold-input.ts";
import { randomSample, randomWeights } from "../../compiler/passes/random-weights.ts";
import type { NetworkWeights } from "../../compiler/passes/weights.ts";
import type { Program } from "../../targets/accelerator/program.ts";
import type { Model } from "../../dsl/model.ts";
import { type DeviceName, devices } from "../../targets/index.ts";
import { messages } from "../golden/case-network.ts";

export interface Written extends ExportedNetwork {
  readonly program: Program;
  readonly description: string;
  readonly checkpoint: Uint8Array;
  readonly sampleFile: Uint8Array;
}

export interface WriteRequest {
  readonly weights?: NetworkWeights;
  readonly sample?: Sample;
  readonly network?: Partial<NetworkOptions>;
  readonly device?: DeviceName;
}

/** Compiles a model and writes it; random weights and sample unless others are given. */
export function writeModel(model: Model, request: WriteRequest = {}): Written {
  const device = devices[request.device ?? (model.devices[0] as DeviceName)];
  const sample = request.sample ?? (randomSample(model, 3) as Sample);
  const weights = request.weights ?? randomWeights(model, 3);
  const network = request.network ?? {};
  const compiled = compile({ model, device, weights, sample, network, verify: false });
  const { program, placement } = compiled;
  if (program === undefined || placement === undefined) throw new Error(messages(compiled.diagnostics));
  const folded = foldedSample(sample, placement.network.input);
  const options = defaultProgramOptions(device);
  const exported = exportNetwork({ placement, program, device, options, sample: folded });
  const [description = "", checkpoint = new Uint8Array(), sampleFile = new Uint8Array()] = [
    ...(exported.files?.values() ?? []),
  ] as [string?, Uint8Array?, Uint8Array?];
  return { ...exported, program, description, checkpoint, sampleFile };
}
