/** How the names of alike layers follow from a few texts, which differ from use to use. */
export interface NamePattern {
  /** The texts, one list per use. */
  readonly arguments: readonly (readonly string[])[];
  /** For each layer of a use: the text its name begins with, and what stands behind it. */
  readonly parts: readonly { readonly argument: number; readonly suffix: string }[];
}

/**
 * Factors names: `a_conv, a_sum` and `b_conv, b_sum` are what the texts `a` and `b` begin. Names that have nothing in
 * common are texts themselves. All lists are equally long.
 */
export function factorNames(uses: readonly (readonly string[])[]): NamePattern {
  const [first = []] = uses;
  if (first.length === 0) return { arguments: uses, parts: [] };
  const common = commonBeginnings(uses);
  if (common !== null) return common;
  const columns: string[][] = [];
  const parts = new Map<number, { argument: number; suffix: string }>();
  // Shorter names first: longer ones may begin with them.
  const order = first.map((_, layer) => layer).toSorted((a, b) => (first[a]?.length ?? 0) - (first[b]?.length ?? 0));
  for (const layer of order) {
    const names = uses.map((use) => use[layer] as string);
    const known = columns.findIndex((column) => suffixOf(names, column) !== null);
    if (known >= 0) parts.set(layer, { argument: known, suffix: suffixOf(names, columns[known] ?? []) ?? "" });
    else parts.set(layer, { argument: columns.push(names) - 1, suffix: "" });
  }
  return {
    arguments: uses.map((_, use) => columns.map((column) => column[use] as string)),
    parts: first.map((_, layer) => parts.get(layer) as { argument: number; suffix: string }),
  };
}

/** All names of a use begin alike, up to an underscore, and end as those of the other uses. */
function commonBeginnings(uses: readonly (readonly string[])[]): NamePattern | null {
  const beginnings = uses.map((names) => names.reduce(commonBeginning));
  const cut = beginnings.map((beginning, use) => {
    const whole = uses[use]?.every((name) => name === beginning || name[beginning.length] === "_");
    return whole ? beginning : beginning.slice(0, Math.max(0, beginning.lastIndexOf("_")));
  });
  if (cut.some((beginning) => beginning === "") || new Set(cut).size < cut.length) return null;
  const suffixes = (uses[0] ?? []).map((_, layer) =>
    suffixOf(
      uses.map((names) => names[layer] as string),
      cut,
    ),
  );
  if (suffixes.some((suffix) => suffix === null)) return null;
  return {
    arguments: cut.map((beginning) => [beginning]),
    parts: suffixes.map((suffix) => ({ argument: 0, suffix: suffix as string })),
  };
}

/** What every name has behind its beginning, when that is the same and starts a word. */
function suffixOf(names: readonly string[], beginnings: readonly string[]): string | null {
  const suffixes = names.map((name, use) => {
    const beginning = beginnings[use] as string;
    return name.startsWith(beginning) ? name.slice(beginning.length) : null;
  });
  const [first] = suffixes;
  const alike = first != null && suffixes.every((suffix) => suffix === first);
  return alike && (first === "" || first.startsWith("_")) ? first : null;
}

function commonBeginning(a: string, b: string): string {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return a.slice(0, length);
}
