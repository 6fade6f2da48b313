import type { Snoop } from "../../dsl/sequence.ts";
import { snoopFields, snoopResults } from "../../targets/accelerator/snoop.ts";

/** Values in the order of the register table, then those the units are expected to hold. */
export function snoopValues({ unit1, unit2, expected }: Snoop): number[] {
  const registers = [unit1, unit2].flatMap((unit) => snoopFields.map((field) => unit?.[field] ?? 0));
  const results = [expected?.unit1, expected?.unit2];
  return [...registers, ...results.flatMap((unit) => snoopResults.map((field) => unit?.[field] ?? 0))];
}

/** The inverse of `snoopValues`; zeros are left out. */
export function snoopOf(values: readonly number[]): Snoop {
  const unit = <Name extends string>(names: readonly Name[], first: number): { [K in Name]?: number } | undefined => {
    const given = names.flatMap((name, i) => (values[first + i] ? [[name, values[first + i]] as const] : []));
    return given.length === 0 ? undefined : (Object.fromEntries(given) as { [K in Name]?: number });
  };
  const units = <Name extends string>(names: readonly Name[], first: number) => {
    const [unit1, unit2] = [unit(names, first), unit(names, first + names.length)];
    return { ...(unit1 === undefined ? {} : { unit1 }), ...(unit2 === undefined ? {} : { unit2 }) };
  };
  const expected = units(snoopResults, 2 * snoopFields.length);
  return { ...units(snoopFields, 0), ...(Object.keys(expected).length === 0 ? {} : { expected }) };
}
