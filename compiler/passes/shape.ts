import type { Shape } from "../../dsl/model.ts";

export const sameShape = (a: Shape, b: Shape): boolean =>
  a.channels === b.channels && a.height === b.height && a.width === b.width;

/** Channels x rows x columns. */
export const shapeText = ({ channels, height, width }: Shape): string => `${channels}x${height}x${width}`;
