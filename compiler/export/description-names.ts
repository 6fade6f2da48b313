import type { Network } from "../ir/network.ts";

/** Words that mean something else where a description refers to layers, or to the parser. */
const reserved: ReadonlySet<string> = new Set(["stop", "input", "y", "n", "yes", "no", "on", "off"]);
const switches: ReadonlySet<string> = new Set(["true", "false", "null", "none"]);

/** Names of layers in a description: letters, digits and underscores, different in more than case. */
export function descriptionNames({ layers }: Pick<Network, "layers">): string[] {
  const taken = new Set<string>();
  return layers.map(({ name, index }) => {
    const plain = plainName(name);
    const base = plain === "" || reserved.has(plain) || switches.has(plain) ? `layer_${index}` : name;
    let unique = written(base);
    for (let copy = 2; taken.has(unique.toLowerCase()); copy++) unique = `${written(base)}_${copy}`;
    taken.add(unique.toLowerCase());
    return unique;
  });
}

/** Name for `arch` and `dataset`: `test` would select the arrays of layer tests instead of a checkpoint. */
export function descriptionTitle(name: string): string {
  const plain = plainName(name);
  if (plain === "" || plain === "test" || reserved.has(plain) || switches.has(plain))
    return `${plain || "network"}_net`;
  return plain;
}

const written = (name: string): string => name.replaceAll(/\W/g, "_").replace(/^(?=\d)/, "_");

const plainName = (name: string): string => written(name).toLowerCase();
