import { StageProgress, type StreamStage } from "./stream-progress.ts";

/** What happens while streaming layers work side by side, in the order in which it happens. */
export interface StreamEvents {
  /** A word of the input frame has come out of the FIFOs into the buffer of the first layer. */
  arrive(word: number): void;
  /** A layer reads the pooling window with this number (row by row) from its buffer. */
  read(stage: number, window: number): void;
  /** A layer writes an output pixel, to the buffer of the next layer or to data memory. */
  write(stage: number, pixel: number): void;
}

/** Windows that a layer read although its buffer did not hold all of their pixels. */
export interface StreamHazard {
  readonly layer: number;
  readonly missing: number;
  readonly overwritten: number;
}

/**
 * Runs the schedule of a chain of streaming layers. Data plays no part in it: it follows from registers alone.
 * `frameWords` words arrive one after the other; null when the whole input is in data memory already.
 *
 * A layer reads windows as long as its progress allows (`StageProgress`), writes each output pixel when the last
 * window that it depends on has been read, and lets the next layer go on after each pixel.
 */
export function runSchedule(
  stages: readonly StreamStage[],
  frameWords: number | null,
  events: StreamEvents,
): StreamHazard[] {
  const runs = stages.map((stage, i) => new StageProgress(stage, stages[i - 1]?.plan ?? null));
  const proceed = (index: number): void => {
    const run = runs[index] as StageProgress;
    const next = runs[index + 1];
    while (run.mayRead()) {
      events.read(index, run.window);
      run.read();
      while (run.mayWrite()) {
        events.write(index, run.pixel);
        run.write();
        if (next === undefined) continue;
        next.supply(next.wordsPerPixel);
        proceed(index + 1);
      }
    }
    if (next === undefined || !run.isFinished || next.isComplete) return;
    next.complete();
    proceed(index + 1);
  };
  const first = runs[0] as StageProgress;
  for (let word = 0; word < (frameWords ?? 0); word++) {
    events.arrive(word);
    first.supply(1);
    proceed(0);
  }
  if (frameWords === null) first.supply(Number.POSITIVE_INFINITY);
  first.complete();
  proceed(0);
  return runs.flatMap(({ hazard }) => (hazard.missing + hazard.overwritten > 0 ? [hazard] : []));
}
