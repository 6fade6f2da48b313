/**
 * Registers of a snoop unit, in the order of their addresses: two addresses, data words and counts, control, and what it
 * adds up. The vendor documents no more than these names.
 */
export const snoopFields = ["A1", "A2", "D1", "D2", "X1", "X2", "C1", "C2", "ACC", "HIT", "MAX", "AM"] as const;
export type SnoopField = (typeof snoopFields)[number];

/** Those a unit changes on its own, which the vendor's test of snoop units compares. */
export const snoopResults = ["ACC", "HIT", "MAX", "AM"] as const satisfies readonly SnoopField[];
export type SnoopResult = (typeof snoopResults)[number];
