/**
 * Union-find over values that are only known relative to each other: "b lies `distance` above a".
 * Used for byte offsets and for processor numbers, which come in rigid groups.
 */
export class RelativeSets {
  readonly #parent: number[];
  /** Value of a member minus the value of its parent. */
  readonly #above: number[];

  constructor(size: number) {
    this.#parent = Array.from({ length: size }, (_, index) => index);
    this.#above = Array.from({ length: size }, () => 0);
  }

  /** The representative of a member's set, and how far above it the member lies. */
  find(member: number): { root: number; above: number } {
    let root = member;
    let above = 0;
    while (this.#parent[root] !== root) {
      above += this.#above[root] as number;
      root = this.#parent[root] as number;
    }
    this.#parent[member] = root;
    this.#above[member] = above;
    return { root, above };
  }

  /** States value(b) = value(a) + distance. False when earlier statements say otherwise; then nothing changes. */
  link(a: number, b: number, distance: number): boolean {
    const left = this.find(a);
    const right = this.find(b);
    const between = left.above + distance - right.above;
    if (left.root === right.root) return between === 0;
    this.#parent[right.root] = left.root;
    this.#above[right.root] = between;
    return true;
  }

  /** Sets in order of their first member, members ascending, positions counted from the lowest member. */
  groups(): RelativeGroup[] {
    const byRoot = new Map<number, { member: number; above: number }[]>();
    for (let member = 0; member < this.#parent.length; member++) {
      const { root, above } = this.find(member);
      const list = byRoot.get(root);
      if (list) list.push({ member, above });
      else byRoot.set(root, [{ member, above }]);
    }
    return [...byRoot.values()].map((members) => {
      const lowest = Math.min(...members.map((entry) => entry.above));
      return members.map((entry) => ({ member: entry.member, position: entry.above - lowest }));
    });
  }
}

export type RelativeGroup = readonly { readonly member: number; readonly position: number }[];
