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
  ...(["weights", "configure"] as const).map((name): Deviation => ({
    cases: /^layers\/MAX78002\/test-fifostream-x4-cifar-hwc/,
    class: name,
    reason:
      "the recorded program loads 51 weight words twice, for a layer that computes four outputs at a time and for one that does not; ours gives every layer its own words",
  })),
  ...(["bias", "resources"] as const).map((name): Deviation => ({
    cases: /^layers\/MAX7800[02]\/test-cifar10-chw-test-cifar10-bias$/,
    class: name,
    reason:
      "output processors leave gaps; the recorded bias has none, although the hardware's bias address advances at every gap",
  })),
];

/** Recordings whose input files were not archived. */
export const withoutInputs: readonly RegExp[] = [/-?burnin/];
