import { deviations, type Deviation } from "./deviations.ts";

/** How recorded cases and ours compare, class by class, with the totals a run prints. */
export class Verdicts<Class extends string> {
  readonly #classes: readonly Class[];
  readonly #tally = new Map<string, number>();

  constructor(classes: readonly Class[]) {
    this.#classes = classes;
  }

  /** Counts one case. Returns what is wrong: differences that are not listed, and listed ones that are none. */
  judge(id: string, comparison: Readonly<Record<Class, string | null>>): string[] {
    const listed = deviations.filter(({ cases }) => cases.test(id));
    const problems: string[] = [];
    let worst: Verdict = "equal";
    for (const name of this.#classes) {
      const verdict = verdictOf(name, comparison[name], listed, problems);
      this.#count(name, verdict);
      if (verdict === "different" || worst === "equal") worst = verdict === "equal" ? worst : verdict;
    }
    this.#count("programs", worst);
    return problems;
  }

  /** One line per class, and one for whole programs. */
  totals(): string[] {
    return [...this.#classes, "programs"].map((row) => {
      const [equal, deviating, different] = verdicts.map((verdict) => this.#tally.get(`${row} ${verdict}`) ?? 0);
      return `${row.padEnd(14)} ${equal} equal, ${deviating} deviations, ${different} different`;
    });
  }

  #count(row: string, verdict: Verdict): void {
    this.#tally.set(`${row} ${verdict}`, (this.#tally.get(`${row} ${verdict}`) ?? 0) + 1);
  }
}

type Verdict = "equal" | "deviation" | "different";
const verdicts: readonly Verdict[] = ["equal", "deviation", "different"];

function verdictOf(name: string, difference: string | null, listed: readonly Deviation[], problems: string[]): Verdict {
  const deviation = listed.find((entry) => entry.class === name);
  if (difference === null && deviation === undefined) return "equal";
  if (difference !== null && deviation !== undefined) return "deviation";
  problems.push(difference === null ? `${name}: equal, remove it from the deviations` : `${name}: ${difference}`);
  return "different";
}
