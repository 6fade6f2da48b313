/** C spellings of numbers and tables. */

export const hex = (value: number, digits = 8): string => `0x${(value >>> 0).toString(16).padStart(digits, "0")}`;

/** `text` as comment lines of at most about 110 columns, words kept together. */
export function commentLines(text: string, indent = ""): string[] {
  const width = 106 - indent.length;
  const lines: string[] = [];
  let line = "";
  for (const word of text.replaceAll(/[\r\n]+/g, " ").split(" ")) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].map((one) => `${indent}// ${withoutContinuation(one)}`.trimEnd());
}

/** A backslash at the end of a line comment would swallow the next line. */
export const withoutContinuation = (text: string): string => text.replaceAll(/[\r\n]+/g, " ").replace(/\\+\s*$/, "");

/** `#define NAME { ... }` over several lines; an empty table becomes a single zero. */
export const tableMacro = (name: string, values: ArrayLike<number>, digits: 2 | 8): string =>
  `#define ${name} { \\\n${tableRows(values.length === 0 ? [0] : values, digits, " \\\n")}}\n`;

/** `static const TYPE NAME[] = { ... };` over several lines. */
export const staticTable = (type: string, name: string, values: ArrayLike<number>, digits: 2 | 8): string =>
  `static const ${type} ${name}[] = {\n${tableRows(values, digits, "\n")}};\n`;

const [zero, letterX, comma, space] = [..."0x, "].map((sign) => sign.charCodeAt(0)) as [number, number, number, number];

/** The two digits of every byte. */
const hexDigits = new TextEncoder().encode(
  Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0")).join(""),
);

/** Weights make tables of a megabyte, so their text is put together byte by byte. */
function tableRows(values: ArrayLike<number>, digits: 2 | 8, lineEnd: string): string {
  const perRow = digits === 2 ? 16 : 8;
  const rows = Math.ceil(values.length / perRow);
  const text = new Uint8Array(values.length * (digits + 4) + rows * (lineEnd.length + 1));
  let at = 0;
  for (let i = 0; i < values.length; i++) {
    text[at++] = space;
    if (i % perRow === 0) text[at++] = space;
    text[at++] = zero;
    text[at++] = letterX;
    const value = values[i] as number;
    for (let shift = 4 * (digits - 2); shift >= 0; shift -= 8) {
      const byte = (value >>> shift) & 0xff;
      text[at++] = hexDigits[2 * byte] as number;
      text[at++] = hexDigits[2 * byte + 1] as number;
    }
    if (i + 1 < values.length) text[at++] = comma;
    if ((i + 1) % perRow !== 0 && i + 1 < values.length) continue;
    for (let k = 0; k < lineEnd.length; k++) text[at++] = lineEnd.charCodeAt(k);
  }
  return new TextDecoder().decode(text.subarray(0, at));
}

/** Groups digits of whole numbers by thousands. */
export const thousands = (value: number): string => String(value).replaceAll(/\B(?=(\d{3})+$)/g, ",");

/** 100 * part / total with one decimal, exact ties to even. */
export function percent(part: number, total: number): string {
  if (total === 0) return "0.0";
  const value = (100 * part) / total;
  // toFixed rounds exactly except that it rounds ties up; the only ties are x.25 and x.75.
  return value % 1 === 0.25 ? `${Math.floor(value)}.2` : value.toFixed(1);
}
