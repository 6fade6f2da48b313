import type { ComparisonClass } from "./program-compare.ts";

/** Where our programs differ from the recorded ones on purpose. An entry that no longer differs fails the test. */
export interface Deviation {
  /** `kind/device/case`. */
  readonly cases: RegExp;
  readonly class: ComparisonClass;
  readonly reason: string;
}

export const deviations: readonly Deviation[] = [
  {
    cases: /^options\/MAX7800[02]\/mnist-zero-unused$/,
    class: "configure",
    reason:
      "the recorded program clears the registers of the last layer it has just configured; ours clears those of the layers that are not used",
  },
];

/** Recordings whose input files were not archived. */
export const withoutInputs: readonly RegExp[] = [/-?burnin/];
