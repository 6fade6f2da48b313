import type { Program } from "../../targets/accelerator/program.ts";
import { compileProject, type CompiledProject, type HostCall, type HostResult } from "../emit/host.ts";
import type { GoldenBlock, GoldenCase, GoldenDevice, GoldenRun } from "../golden/load.ts";

/**
 * A project of the reference generator compiled and run on this machine, in the form of a recording: what its functions
 * write, what it expects, and what it unloads when memory holds that.
 */
export function observeProject(
  files: ReadonlyMap<string, string>,
  device: GoldenDevice,
  options: readonly string[],
): GoldenCase {
  const args = options.join(" ");
  const inOrder: readonly HostCall[] = /--(fast-)?fifo/.test(args)
    ? ["cnn_start", "load_input"]
    : ["load_input", "cnn_start"];
  const calls: readonly HostCall[] = ["cnn_init", "cnn_load_weights", "cnn_load_bias", "cnn_configure", ...inOrder];
  const answer = expectedWords(files.get("sampleoutput.h") ?? "");
  const project = compileProject(withRoom(files), undefined, foreignFlags);
  try {
    const writing = project.run({ trace: true, polls: pollsOf([...files.values()].join("\n")), calls });
    const unload = delivered(project, answer);
    return {
      case: "written",
      kind: "networks",
      device,
      arguments: args,
      inputs: {},
      program: Object.fromEntries(calls.map((name) => [name, runsOf(writing, name)])),
      knownAnswer: answer,
      unload: Array.from(unload, (word) => hex(word)),
      numOutputs: Number(/CNN_NUM_OUTPUTS (\d+)/.exec(files.get("cnn.h") ?? "")?.[1]),
      checkOutputPassed: null,
      summary: (files.get("cnn.h") ?? "").split("\n").map((line) => line.trim()),
      layers: [],
    };
  } finally {
    project.remove();
  }
}

/** All that `cnn_unload()` wrote, and what was in the buffer behind that; none when it reads outside of memory. */
function delivered(project: CompiledProject, answer: readonly GoldenBlock[]): ArrayLike<number> {
  try {
    return project.run({ preload: memoryOf(answer), calls: [], unload: true }).unload ?? [];
  } catch {
    return [];
  }
}

/** What the SDK of the vendor has beyond the stand-in, and what this machine's processor does not understand. */
const foreignFlags = [
  "-O0",
  "-w",
  "-include",
  "mxc.h",
  "-DSEC(x)=((x) * 1000000)",
  "-DMSEC(x)=((x) * 1000)",
  "-Dinterrupt(x)=unused",
];

/** `CNN_NUM_OUTPUTS` is too small for several outputs; here the buffer is always large enough. */
const withRoom = (files: ReadonlyMap<string, string>): ReadonlyMap<string, string> =>
  new Map(
    [...files].map(([name, text]) => [
      name,
      text.replace(/(#define CNN_NUM_OUTPUTS) \d+/, `$1 ${room}`).replace(/asm volatile\("wfi"\);/, ";"),
    ]),
  );

const room = 65_536;

const hex = (word: number, size = 4): string => word.toString(16).padStart(2 * size, "0");

/** The only bytes written are those behind the first of a word: where weights begin. */
function runsOf({ calls }: HostResult, name: string): GoldenRun[] {
  const writes = calls.find((call) => call.name === name)?.writes ?? [];
  return writes.map(({ address, value }) => {
    const size = address % 4 === 0 ? 4 : 1;
    return [size, hex(address), hex(value, size), 0];
  });
}

/** Every status the code waits for, as it wants to see it. */
const pollsOf = (source: string) =>
  [...source.matchAll(/while \(\(+\*\(\(volatile uint32_t \*\) (0x\w+)\) & (\w+)\)+ != (\w+)\)/g)].map((match) => ({
    address: Number(match[1]),
    mask: Number(match[2]),
    value: Number(match[3]),
  }));

/** Groups of address, mask, count and words, until an address of 0. */
function expectedWords(header: string): GoldenBlock[] {
  const words = [...header.matchAll(/0x[0-9a-f]{8}/g)].map(([word]) => Number(word));
  const blocks: GoldenBlock[] = [];
  for (let at = 0; words[at] !== undefined && words[at] !== 0;) {
    const [address, mask, count] = words.slice(at, at + 3) as [number, number, number];
    blocks.push([
      hex(address),
      hex(mask),
      words
        .slice(at + 3, at + 3 + count)
        .map((word) => hex(word))
        .join(""),
    ]);
    at += 3 + count;
  }
  return blocks;
}

/** Data memory that holds the expected words. */
function memoryOf(blocks: readonly GoldenBlock[]) {
  const memory = new Map<number, number>();
  for (const [first, , words] of blocks) {
    for (const [i, word] of (words.match(/.{8}/g) ?? []).entries()) {
      const address = Number.parseInt(first, 16) + 4 * i;
      memory.set(address, ((memory.get(address) ?? 0) | Number.parseInt(word, 16)) >>> 0);
    }
  }
  return [...memory].map(([address, word]) => ({ address, words: [word] }));
}

/** The words of the outputs. The generator packs the bytes of several of them; ours begin at whole words. */
export function alignedUnload({ unload }: GoldenCase, { outputs }: Program): GoldenCase["unload"] {
  if (unload === null) return null;
  const bytes = unload.flatMap((word) => (word.match(/../g) ?? []).toReversed());
  const aligned: string[] = [];
  let from = 0;
  for (const { location } of outputs) {
    const { channels, height, width, bits } = location;
    const to = from + (channels * height * width * bits) / 8;
    aligned.push(...bytes.slice(from, to));
    while (aligned.length % 4 !== 0) aligned.push("00");
    from = to;
  }
  return Array.from({ length: aligned.length / 4 }, (_, i) =>
    aligned
      .slice(4 * i, 4 * i + 4)
      .toReversed()
      .join(""),
  );
}
