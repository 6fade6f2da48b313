import type { SourceLocation } from "./diagnostic.ts";

/** A captured, not yet decoded position: V8 formats `stack` on first access, so capturing is cheap. */
export interface CapturedSource {
  readonly stack?: string;
}

/** Remembers who called `publicFunction`; frames above it are cut off by V8. */
export function captureSource(publicFunction: (...args: never[]) => unknown): CapturedSource {
  const holder: CapturedSource = {};
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 1;
  Error.captureStackTrace(holder, publicFunction);
  Error.stackTraceLimit = limit;
  return holder;
}

/** `at name (file:///model.ts:3:4)`, `at /model.ts:3:4` -> file, line, column; undefined when there is no frame. */
export function decodeSource(captured: CapturedSource): SourceLocation | undefined {
  const frame = captured.stack?.split("\n").find((line) => line.trimStart().startsWith("at "));
  const match = frame === undefined ? null : /(?:\(|at (?:async )?)([^()]+?):(\d+):(\d+)\)?$/.exec(frame.trim());
  if (match === null) return undefined;
  return { file: filePath(match[1] as string), line: Number(match[2]), column: Number(match[3]) };
}

function filePath(url: string): string {
  if (!url.startsWith("file://")) return url;
  const path = decodeURIComponent(new URL(url).pathname);
  return /^\/[A-Za-z]:/.test(path) ? path.slice(1) : path;
}
