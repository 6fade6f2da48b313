import type { RepeatedInput } from "../../targets/emit/options.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { Model } from "../../dsl/model.ts";
import { cannotRepeat, changeSample, noSampleChange } from "../passes/change-sample.ts";
import type { Sample } from "../passes/fold-input.ts";
import type { Choices } from "./choices/index.ts";
import { chooseSample } from "./model-run.ts";
import type { Invocation } from "./options.ts";

interface ChosenSample {
  readonly sample: Sample | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** The sample as the options ask, with the changes they ask for (AI6031: it cannot be repeated). */
export async function chosenSample(
  model: Model,
  modelFile: string,
  invocation: Invocation,
  choices: Choices,
): Promise<ChosenSample> {
  const { sample, diagnostics } = await chooseSample(model, modelFile, invocation);
  if (sample === null || Object.keys(choices.sample).length === 0) return { sample, diagnostics };
  const change = { ...noSampleChange, ...choices.sample };
  const reason = change.step === null ? null : cannotRepeat(sample, change.words);
  if (reason === null) return { sample: changeSample(sample, change), diagnostics };
  const message = `the sample cannot be repeated: ${reason}`;
  const hint = "choose another --synthesize-words, or leave --synthesize-input out";
  return { sample: null, diagnostics: [...diagnostics, { code: "AI6031", severity: "error", message, hint }] };
}

/** What the project stores of a repeated sample; null: the whole sample. */
export function repeatedInput({ sample: { step, words, alternate } }: Choices): RepeatedInput | null {
  if (step === undefined || step === null || alternate === true) return null;
  return { step, words: words ?? noSampleChange.words };
}
