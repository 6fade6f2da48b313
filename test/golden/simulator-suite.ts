import { describe, expect, it } from "vitest";
import {
  goldenCases,
  goldenDevices,
  goldenKinds,
  goldenRoot,
  loadCase,
  skippedWithoutGolden,
  type GoldenCase,
} from "./load.ts";
import { missedAnswers, type RecordedException } from "./simulator-exceptions.ts";
import { matchesRecording, runRecorded, type RecordedResult } from "./simulator-run.ts";

/** Every `stride`-th recording of each class, and (stride 1) all listed exceptions. */
export function checkRecordings(stride: number): void {
  if (goldenRoot === null) {
    it.skip(skippedWithoutGolden, () => {});
    return;
  }
  const classes = goldenKinds.flatMap((kind) => goldenDevices.map((device) => ({ kind, device })));
  describe.each(classes)("$kind on $device", ({ kind, device }) => {
    const paths = goldenCases(kind, device).filter((_, i) => i % stride === 0);

    it(`give their known answers (${paths.length} programs)`, () => {
      const failures = paths.map(loadCase).flatMap((recorded) => failureOf(recorded) ?? []);
      expect(failures).toEqual([]);
      expect(paths.length).toBeGreaterThan(0);
    });
  });

  it("lists only exceptions that exist", () => {
    const cases = new Set(
      classes.flatMap(({ kind, device }) => goldenCases(kind, device).map((path) => `${device} ${nameOf(path)}`)),
    );
    const listed = missedAnswers.flatMap((entry) => entry.devices.map((device) => `${device} ${entry.case}`));
    expect(listed.filter((entry) => !cases.has(entry))).toEqual([]);
  });
}

const nameOf = (path: string): string => path.replace(/^.*\//, "").replace(/\.json\.gz$/, "");

/** What is wrong with one recording; null when it matches, or misses as listed. */
function failureOf(recorded: GoldenCase): string | null {
  const title = `${recorded.device} ${recorded.case}`;
  const exception = missedAnswers.find(
    (entry) => entry.case === recorded.case && entry.devices.includes(recorded.device),
  );
  const result = runRecorded(recorded);
  if (exception !== undefined) return checkException(title, recorded, exception, result);
  if (!matchesRecording(result)) return `${title}: ${describeMiss(result)}`;
  const { problems } = result.machine;
  return problems.length > 0 ? `${title}: ${problems.join("; ")}` : null;
}

function checkException(
  title: string,
  recorded: GoldenCase,
  exception: RecordedException,
  result: RecordedResult,
): string | null {
  if (matchesRecording(result)) return `${title}: listed as an exception, but matches`;
  const seen = [...result.machine.problems, result.machine.waitingFor ?? ""];
  if (!seen.some((problem) => exception.evidence.test(problem)))
    return `${title}: no sign of the listed cause in ${seen.join("; ")}`;
  const { repair } = exception;
  if (repair === undefined) return null;
  const repaired = runRecorded(repair.program?.(recorded) ?? recorded, (machine) =>
    repair.beforeStart?.(machine, recorded),
  );
  return matchesRecording(repaired) ? null : `${title}: still wrong with the cause undone: ${describeMiss(repaired)}`;
}

const describeMiss = ({ machine, wrong, words }: RecordedResult): string =>
  [`${wrong.length} of ${words} words differ`, machine.waitingFor ?? "", ...machine.problems]
    .filter((part) => part !== "")
    .join("; ");
