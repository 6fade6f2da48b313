import type { RegisterFile } from "./register-file.ts";

/** Words pushed by the processor core and not yet consumed. They never fill up. */
export class InputFifos {
  /** One queue per quadrant. */
  readonly standard: readonly number[][];
  readonly fast: number[] = [];

  constructor(quadrants: number) {
    this.standard = Array.from({ length: quadrants }, () => []);
  }
}

/** Puts the word of every pixel where the first layer looks for it. */
type PlaceWord = (quadrant: number, index: number, word: number) => void;

/** The queues a configuration reads, and the quadrants each of them feeds. */
interface Feed {
  readonly name: string;
  readonly queue: number[];
  readonly place: (put: PlaceWord, index: number, word: number) => void;
}

/** Null when a whole input frame has arrived; otherwise what is missing. */
export function missingInput(
  registers: RegisterFile,
  fifos: InputFifos,
  master: number,
  quadrants: readonly number[],
): string | null {
  const frame = registers.get("IFRM", "words", master);
  const feeds = feedsOf(registers, fifos, master, quadrants);
  if (feeds.length === 0) return "no input FIFO is enabled";
  const short = feeds.find((feed) => feed.queue.length < frame);
  return short === undefined ? null : `${short.name} has ${short.queue.length} of ${frame} words`;
}

/** Takes one frame out of the FIFOs. `put` receives instance 0 words by quadrant and index. */
export function takeFrame(
  registers: RegisterFile,
  fifos: InputFifos,
  master: number,
  quadrants: readonly number[],
  put: PlaceWord,
): void {
  const frame = registers.get("IFRM", "words", master);
  for (const { queue, place } of feedsOf(registers, fifos, master, quadrants)) {
    queue.splice(0, frame).forEach((word, index) => place(put, index, word));
  }
}

function feedsOf(registers: RegisterFile, fifos: InputFifos, master: number, quadrants: readonly number[]): Feed[] {
  const fast = quadrants.filter((quadrant) => registers.get("CTL", "fastFifo", quadrant) === 1);
  if (fast.length > 0) return [fastFeed(registers, fifos, master, quadrants, fast)];
  const enabled = registers.get("FIFO_CTL", "enable", master);
  return quadrants
    .filter((quadrant) => (enabled >>> quadrant) & 1)
    .map((quadrant) => ({
      name: `FIFO ${quadrant}`,
      queue: fifos.standard[quadrant] as number[],
      place: (put, index, word) => put(quadrant, index, word),
    }));
}

/** The fast FIFO feeds all quadrants alike, or four processors of one, or one processor of each. */
function fastFeed(
  registers: RegisterFile,
  fifos: InputFifos,
  master: number,
  quadrants: readonly number[],
  fed: readonly number[],
): Feed {
  const isQuad = registers.get("CTL", "quadFifo", master) === 1;
  const wordFor = (quadrant: number, word: number): number =>
    isQuad || registers.get("CTL", "fastFifoGroup", quadrant) === 1 ? word : (word >>> (8 * quadrant)) & 0xff;
  return {
    name: "fast FIFO",
    queue: fifos.fast,
    place: (put, index, word) => {
      for (const quadrant of isQuad ? quadrants : fed) put(quadrant, index, wordFor(quadrant, word));
    },
  };
}
