/** Damages texts in ways people and tools do: lines lost, doubled, moved, indented, words and numbers replaced. */

/** Pseudo-random integers below a bound, the same for the same seed. */
export function randomSource(seed: number): (bound: number) => number {
  let state = seed >>> 0;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

const replacements = [
  "0",
  "-1",
  "1",
  "7",
  "65535",
  "65536",
  "4294967296",
  "1e300",
  ".inf",
  ".nan",
  "0x",
  "0xffffffffffffffffffff",
  "010",
  "true",
  "~",
  "[]",
  "[1, 2, 3]",
  "{}",
  "''",
  "*a",
  "&a",
  "stop",
  "input",
  "conv1d",
  "convtranspose2d",
  "linear",
  "add",
  "passthrough",
  "3x1",
  "99x99",
] as const;

type Random = (bound: number) => number;
type Mutation = (lines: string[], random: Random) => void;

const at = (lines: readonly string[], random: Random): number => random(Math.max(1, lines.length));

const replaceToken: Mutation = (lines, random) => {
  const line = at(lines, random);
  const tokens = [...(lines[line] ?? "").matchAll(/[\w.-]+/g)];
  const token = tokens[random(Math.max(1, tokens.length))];
  if (token === undefined) return;
  const text = lines[line] as string;
  const replacement = replacements[random(replacements.length)] as string;
  lines[line] = text.slice(0, token.index) + replacement + text.slice(token.index + token[0].length);
};

const swapTokens: Mutation = (lines, random) => {
  const [a, b] = [at(lines, random), at(lines, random)];
  const [left, right] = [a, b].map((line) => /([\w]+): *([^,}]+)/.exec(lines[line] ?? ""));
  if (!left || !right) return;
  lines[a] = (lines[a] as string).replace(left[2] as string, () => right[2] as string);
};

const mutations: readonly Mutation[] = [
  replaceToken,
  replaceToken,
  replaceToken,
  swapTokens,
  (lines, random) => void lines.splice(at(lines, random), 1),
  (lines, random) => {
    const line = at(lines, random);
    lines.splice(line, 0, lines[line] ?? "");
  },
  (lines, random) => {
    const [moved = ""] = lines.splice(at(lines, random), 1);
    lines.splice(at(lines, random), 0, moved);
  },
  (lines, random) => {
    const line = at(lines, random);
    lines[line] = `${random(2) === 0 ? "\t" : "  "}${lines[line] ?? ""}`;
  },
  (lines, random) => {
    const line = at(lines, random);
    const text = lines[line] ?? "";
    const cut = random(text.length + 1);
    const letters = "{}[]:,-&*#'\"|>%@\u0000\uffff 9";
    lines[line] = text.slice(0, cut) + letters[random(letters.length)] + text.slice(cut + random(2));
  },
];

/** The text after one to four mutations. */
export function mutated(text: string, random: Random): string {
  const lines = text.split("\n");
  for (let count = 1 + random(4); count > 0; count--) {
    const mutation = mutations[random(mutations.length)] as Mutation;
    mutation(lines, random);
  }
  return lines.join("\n");
}
