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
export function tableMacro(name: string, values: ArrayLike<number>, digits: 2 | 8): string {
  const rows = tableRows(values.length === 0 ? [0] : values, digits);
  return [`#define ${name} { \\`, ...rows.map((row) => `  ${row} \\`), "}", ""].join("\n");
}

/** `static const TYPE NAME[] = { ... };` over several lines. */
export function staticTable(type: string, name: string, values: ArrayLike<number>, digits: 2 | 8): string {
  const rows = tableRows(values, digits);
  return [`static const ${type} ${name}[] = {`, ...rows.map((row) => `  ${row}`), "};", ""].join("\n");
}

function tableRows(values: ArrayLike<number>, digits: 2 | 8): string[] {
  const perRow = digits === 2 ? 16 : 8;
  const rows: string[] = [];
  for (let first = 0; first < values.length; first += perRow) {
    const last = Math.min(first + perRow, values.length);
    let row = "";
    for (let i = first; i < last; i++) row += `${hex(values[i] as number, digits)},${i + 1 < last ? " " : ""}`;
    rows.push(row);
  }
  if (rows.length > 0) rows[rows.length - 1] = (rows.at(-1) as string).slice(0, -1);
  return rows;
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
