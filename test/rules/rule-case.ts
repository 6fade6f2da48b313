import type { DescriptionSketch, LayerSketch } from "./describe-case.ts";

/** A description that breaks one rule, and the same without the mistake. */
export interface RuleCase extends DescriptionSketch {
  readonly rule: string;
  readonly code: string;
  /** What the message must say: the value seen, the values allowed. */
  readonly says: RegExp;
  /** What makes it legal. Layers are keys laid over the broken ones, by position. Absent: it cannot be made legal. */
  readonly legal?: Partial<DescriptionSketch>;
}

/** The description without its mistake. */
export function legalSketch(broken: RuleCase): DescriptionSketch {
  const { legal = {} } = broken;
  const { layers, ...rest } = legal;
  const repaired =
    layers === undefined ? broken.layers : broken.layers.map((layer, i): LayerSketch => ({ ...layer, ...layers[i] }));
  return { ...broken, ...rest, layers: repaired };
}

/** All processors from 0 on. */
export const processors = (count: number): string => `0x${((1n << BigInt(count)) - 1n).toString(16)}`;
