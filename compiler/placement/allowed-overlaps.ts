import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { PlacementOptions } from "../options.ts";

/** Data that is overwritten while it is needed: by layers that follow each other, and by layers that run at once. */
const overwritten: readonly string[] = ["AI3023", "AI3024"];
const sharedBuffers = "AI3027";

/**
 * Judges findings of the placement's verifier as somebody asked who places overlapping data on purpose. `found` tells
 * afterwards that a layer may read other data than its input, so that its results may not be those of the reference.
 */
export function overlapJudge(overlaps: PlacementOptions["overlaps"]): {
  readonly judge: (diagnostic: Diagnostic) => readonly Diagnostic[];
  readonly found: boolean;
} {
  const judged = {
    found: false,
    judge: (diagnostic: Diagnostic): readonly Diagnostic[] => {
      if (overlaps === "error") return [diagnostic];
      if (diagnostic.code !== sharedBuffers && !overwritten.includes(diagnostic.code)) return [diagnostic];
      judged.found = true;
      if (overlaps === "allow" && diagnostic.code === sharedBuffers) return [];
      return [{ ...diagnostic, severity: "warning" }];
    },
  };
  return judged;
}

/** A difference from the reference, where the data that overlaps was accepted: no defect, but worth knowing. */
export const acceptedDifference = (diagnostic: Diagnostic): Diagnostic => ({
  ...diagnostic,
  code: "AI3048",
  severity: "warning",
  message: `data that overlaps is overwritten while it is needed: ${diagnostic.message}`,
  hint: "Leave out --overlap-data to see which data overlaps, and pin it elsewhere.",
});
