import type { BusOperation, PhaseName, Program } from "../../targets/accelerator/program.ts";

/**
 * What two programs differ in, one sentence for each part; none: they do the same to the chip, access by access, and
 * expect the same results. Names and comments do not count.
 */
export function programDifferences(a: Program, b: Program): string[] {
  const phases = Object.keys(a.phases) as PhaseName[];
  return [
    ...phases.flatMap((phase) =>
      firstDifference(phase, a.phases[phase].flatMap(effect), b.phases[phase].flatMap(effect)),
    ),
    ...firstDifference("settings", [a.settings], [b.settings]),
    ...firstDifference("quadrants", a.quadrants, b.quadrants),
    ...firstDifference("weights", a.weights, b.weights),
    ...firstDifference("bias", a.bias, b.bias),
    ...firstDifference("input", inputFacts(a), inputFacts(b)),
    ...firstDifference("outputs", outputFacts(a), outputFacts(b)),
    ...firstDifference("known answer", a.knownAnswer ?? [], b.knownAnswer ?? []),
  ];
}

/** Notes have none. */
function effect(operation: BusOperation): readonly unknown[] {
  if (operation.kind === "note") return [];
  if (operation.kind === "register") return [[operation.register, operation.address, operation.value]];
  const { label: _, ...rest } = operation;
  return [rest];
}

const inputFacts = ({ input }: Program): unknown[] => [
  [input.channels, input.height, input.width, input.format],
  ...input.arrays.map(({ index, address, words }) => ({ index, address, words })),
];

const outputFacts = ({ outputs }: Program): unknown[] =>
  outputs.map(({ location, finalScale }) => ({ location, finalScale }));

function firstDifference(part: string, a: readonly unknown[], b: readonly unknown[]): string[] {
  if (a.length !== b.length) return [`${part}: ${a.length} entries / ${b.length}`];
  for (const [i, entry] of a.entries()) {
    const [one, other] = [text(entry), text(b[i])];
    if (one !== other) return [`${part} ${i}: ${excerpt(one, other)} / ${excerpt(other, one)}`];
  }
  return [];
}

const text = (value: unknown): string =>
  JSON.stringify(value, (_, part: unknown) => (ArrayBuffer.isView(part) ? [...(part as Uint8Array)].join(" ") : part));

/** The surroundings of the first character that differs. */
function excerpt(shown: string, other: string): string {
  let at = 0;
  while (at < shown.length && shown[at] === other[at]) at++;
  return shown.slice(Math.max(0, at - 40), at + 40);
}
