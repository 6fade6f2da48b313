import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { gunzipSync } from "node:zlib";

/**
 * Reads the recorded programs of the vendor's generator. They are not part of this repository:
 * tests that need them ask `goldenRoot` first and are skipped where the folder is missing.
 */

export type GoldenKind = "layers" | "networks" | "options";
export type GoldenDevice = "MAX78000" | "MAX78002";

/** `[bytes per access, first address, values as hex, address step]`. */
export type GoldenRun = readonly [size: number, address: string, values: string, step: number];

/** `[first address, mask, words as hex]`. */
export type GoldenBlock = readonly [address: string, mask: string, words: string];

export interface GoldenCase {
  readonly case: string;
  readonly kind: GoldenKind;
  readonly device: GoldenDevice;
  /** Command-line options of the reference generator. */
  readonly arguments: string;
  readonly inputs: Readonly<Record<string, string>>;
  /** Function name to its bus accesses. */
  readonly program: Readonly<Record<string, readonly GoldenRun[]>>;
  readonly knownAnswer: readonly GoldenBlock[];
  /** Words of `cnn_unload()` as 8 hex digits each. */
  readonly unload: readonly string[] | null;
  readonly numOutputs: number;
  readonly checkOutputPassed: boolean | null;
  readonly summary: readonly string[];
  readonly layers: readonly string[];
}

export const goldenKinds: readonly GoldenKind[] = ["layers", "networks", "options"];
export const goldenDevices: readonly GoldenDevice[] = ["MAX78000", "MAX78002"];
export const skippedWithoutGolden = "skipped: no shared data";

const sharedFolder = resolve(import.meta.dirname, "../../../shared/golden");

/** Folder with the recordings, or null when this machine has none. */
export const goldenRoot: string | null = existsSync(join(sharedFolder, "layers")) ? sharedFolder : null;

/** Paths of all recordings of a kind, sorted; empty without golden data. */
export function goldenCases(kind: GoldenKind, device: GoldenDevice): string[] {
  if (goldenRoot === null) return [];
  const path = join(goldenRoot, kind, device);
  return readdirSync(path)
    .filter((name) => name.endsWith(".json.gz"))
    .sort()
    .map((name) => join(path, name));
}

/** One recorded program: where it is, and its name as `kind/device/case`. */
export interface CaseReference {
  readonly id: string;
  readonly path: string;
}

export const allCases = (): CaseReference[] =>
  goldenKinds.flatMap((kind) =>
    goldenDevices.flatMap((device) =>
      goldenCases(kind, device).map((path) => ({ id: `${kind}/${device}/${basename(path, ".json.gz")}`, path })),
    ),
  );

export function loadCase(path: string): GoldenCase {
  return JSON.parse(gunzipSync(readFileSync(path)).toString("utf8")) as GoldenCase;
}

/** Splits concatenated hex digits into unsigned words of `size` bytes. */
export function hexWords(hex: string, size: number): Uint32Array {
  const digits = 2 * size;
  return Uint32Array.from({ length: hex.length / digits }, (_, i) =>
    Number.parseInt(hex.slice(i * digits, (i + 1) * digits), 16),
  );
}

/** Absolute path of an input file (`tests/x.yaml`, `trained/x.pth.tar`); unpacks the archive on first use. */
export function inputFile(relative: string): string {
  return join(inputsFolder(), relative);
}

let unpacked: string | null = null;

/** Unpacks into a cache keyed by the archive's size and date; a rename makes concurrent test workers safe. */
function inputsFolder(): string {
  if (unpacked !== null) return unpacked;
  if (goldenRoot === null) throw new Error("no golden data on this machine");
  const archive = join(goldenRoot, "inputs.tar.gz");
  const { size, mtimeMs } = statSync(archive);
  const cache = join(tmpdir(), "ai8xc-golden-inputs");
  const target = join(cache, `${size}-${Math.round(mtimeMs)}`);
  if (!existsSync(target)) {
    mkdirSync(cache, { recursive: true });
    const fresh = mkdtempSync(join(cache, "unpack-"));
    execFileSync("tar", ["xzf", archive, "-C", fresh]);
    try {
      renameSync(fresh, target);
    } catch (error) {
      rmSync(fresh, { recursive: true, force: true });
      if (!existsSync(target)) throw error;
    }
  }
  unpacked = join(target, "inputs");
  return unpacked;
}
