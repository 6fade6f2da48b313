import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { PlacementOptions } from "../options.ts";

/** Data that is overwritten while it is needed: by layers that follow each other, and by layers that run at once. */
const overwritten: readonly string[] = ["AI3023", "AI3024"];
const sharedBuffers = "AI3027";

/**
 * Judges findings of the placement's verifier as somebody asked who places overlapping data on purpose. `found` tells
 * afterwards that a layer may read other data than its input, so that its results are not those of the reference.
 */
export function overlapJudge(overlaps: PlacementOptions["overlaps"]): {
  readonly judge: (diagnostic: Diagnostic) => readonly Diagnostic[];
  readonly found: boolean;
} {
  const judged = {
    found: false,
    judge: (diagnostic: Diagnostic): readonly Diagnostic[] => {
      if (overlaps === "error") return [diagnostic];
      if (overlaps === "allow" && diagnostic.code === sharedBuffers) return [];
      if (diagnostic.code !== sharedBuffers && !overwritten.includes(diagnostic.code)) return [diagnostic];
      judged.found ||= overwritten.includes(diagnostic.code);
      return [{ ...diagnostic, severity: "warning" }];
    },
  };
  return judged;
}
