import { describe, expect, it } from "vitest";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { overlapJudge } from "./allowed-overlaps.ts";

const errors = ["AI3023", "AI3024", "AI3027", "AI3025"].map((code): Diagnostic => ({
  code,
  severity: "error",
  message: code,
}));

function judged(overlaps: "error" | "allow" | "warn", diagnostics: readonly Diagnostic[] = errors) {
  const judge = overlapJudge(overlaps);
  const found = diagnostics.flatMap(judge.judge).map(({ code, severity }) => `${severity} ${code}`);
  return { found, overwritten: judge.found };
}

describe("overlapJudge", () => {
  it("keeps errors unless somebody overlaps data on purpose", () => {
    expect(judged("error")).toEqual({
      found: ["error AI3023", "error AI3024", "error AI3027", "error AI3025"],
      overwritten: false,
    });
  });

  it("allows streaming buffers to overlap, and warns of other data", () => {
    expect(judged("allow")).toEqual({
      found: ["warning AI3023", "warning AI3024", "error AI3025"],
      overwritten: true,
    });
    expect(judged("allow", errors.slice(2))).toEqual({ found: ["error AI3025"], overwritten: true });
    expect(judged("allow", errors.slice(3)).overwritten).toBe(false);
  });

  it("makes warnings of all of them", () => {
    expect(judged("warn").found).toEqual(["warning AI3023", "warning AI3024", "warning AI3027", "error AI3025"]);
  });
});
