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
    reason: "the recorded program clears the layer it has just configured; ours clears the layers that are not used",
  },
  {
    cases: /^options\/MAX78002\/mnist-stop2$/,
    class: "init",
    reason:
      "the recorded program clears bias memory because of a bias in a layer that was cut off; ours has no bias left",
  },
  {
    cases: /^layers\/MAX7800[02]\/test-fifostream-group-notvga64x48-hwc$/,
    class: "input",
    reason: "the recorded loader fills the first of three FIFOs only; ours fills all that the first layer reads",
  },
  ...(["configure", "weights"] as const).map((name) => ({
    cases: /^layers\/MAX78002\/test-fifostream-x4-cifar-hwc(-128x128)?-test-cifar10$/,
    class: name,
    reason: "the recorded kernels of two layers share words with different contents; ours have words of their own",
  })),
  {
    cases: /^layers\/MAX78002\/test-depthwise-mixed2-nobias$/,
    class: "unload",
    reason:
      "results that do not start at the first of four processors are shifted by the recorded read-out, not by ours",
  },
  ...(["bias", "resources"] as const).map((name) => ({
    cases: /^layers\/MAX7800[02]\/test-cifar10-chw-test-cifar10-bias$/,
    class: name,
    reason:
      "the recorded bias is packed although the hardware counts the gaps between output processors; ours keeps the gaps",
  })),
];

/** Recordings whose input files were not archived. */
export const withoutInputs: readonly RegExp[] = [/burnin/];
