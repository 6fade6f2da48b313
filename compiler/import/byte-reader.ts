import type { Diagnostic } from "../../dsl/diagnostic.ts";
import { DiagnosticError } from "../../dsl/diagnostic.ts";

/** Largest foreign file that is read, and largest amount of memory one may unfold into. */
export const FILE_LIMIT_BYTES = 2 ** 28;
/** Largest number of tensor elements taken from one file: several times the weight memory at one bit each. */
export const ELEMENT_LIMIT = 2 ** 25;

/** A diagnostic about a binary file; the file is the place, offsets stand in the message. */
export function fileDiagnostic(code: string, fileName: string, message: string, hint?: string): Diagnostic {
  return {
    code,
    severity: "error",
    message: `${fileName}: ${message}`,
    location: { file: fileName, line: 1, column: 1 },
    ...(hint === undefined ? {} : { hint }),
  };
}

/**
 * Reads numbers from a foreign file, checking every bound. The first thing that is wrong ends the reading: it leaves
 * as a DiagnosticError, which `readGuarded` turns into a diagnostic before any caller sees it.
 */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly fileName: string;
  readonly code: string;
  readonly hint: string;
  position = 0;
  private readonly view: DataView;

  constructor(bytes: Uint8Array, fileName: string, code: string, hint: string) {
    this.bytes = bytes;
    this.fileName = fileName;
    this.code = code;
    this.hint = hint;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    if (bytes.length > FILE_LIMIT_BYTES) {
      this.fail(`the file has ${bytes.length} bytes; at most ${FILE_LIMIT_BYTES} are read`);
    }
  }

  /** A reader for a part that was cut out or unpacked; complaints name the same file. */
  part(bytes: Uint8Array): ByteReader {
    return new ByteReader(bytes, this.fileName, this.code, this.hint);
  }

  get remaining(): number {
    return this.bytes.length - this.position;
  }

  fail(message: string, hint: string = this.hint): never {
    throw new DiagnosticError([fileDiagnostic(this.code, this.fileName, message, hint)]);
  }

  /** The next `length` bytes, not copied. */
  take(length: number, what: string): Uint8Array {
    const start = this.advance(length, what);
    return this.bytes.subarray(start, start + length);
  }

  uint8(what: string): number {
    return this.view.getUint8(this.advance(1, what));
  }

  uint16(what: string): number {
    return this.view.getUint16(this.advance(2, what), true);
  }

  uint32(what: string): number {
    return this.view.getUint32(this.advance(4, what), true);
  }

  int32(what: string): number {
    return this.view.getInt32(this.advance(4, what), true);
  }

  /** An unsigned 64-bit length or count; anything that is no exact number is refused. */
  length64(what: string): number {
    const start = this.advance(8, what);
    const value = this.view.getUint32(start + 4, true) * 2 ** 32 + this.view.getUint32(start, true);
    if (!Number.isSafeInteger(value)) this.fail(`${what} at byte ${start} is absurd (about ${value})`);
    return value;
  }

  /** Pickle stores floating-point numbers with the most significant byte first. */
  float64BigEndian(what: string): number {
    return this.view.getFloat64(this.advance(8, what), false);
  }

  private advance(length: number, what: string): number {
    const start = this.position;
    if (length > this.remaining) {
      this.fail(
        `the file ends in the middle of ${what}: ${length} bytes needed at byte ${start}, ${this.remaining} left`,
      );
    }
    this.position += length;
    return start;
  }
}

/** Runs a reading and delivers what stopped it as diagnostics; errors of our own still pass through. */
export function readGuarded<T>(read: () => T): { readonly value?: T; readonly diagnostics: readonly Diagnostic[] } {
  try {
    return { value: read(), diagnostics: [] };
  } catch (error) {
    if (error instanceof DiagnosticError) return { diagnostics: error.diagnostics };
    throw error;
  }
}

/** Number of elements of a shape; fails where the file could not hold them. */
export function elementCount(reader: ByteReader, shape: readonly number[], what: string): number {
  const count = shape.includes(0) ? 0 : shape.reduce((product, size) => product * size, 1);
  if (count > ELEMENT_LIMIT) {
    reader.fail(`${what} has shape [${shape.join(", ")}]; at most ${ELEMENT_LIMIT} elements are read`);
  }
  return count;
}
