import type { DeviceSpec } from "../../accelerator/device.ts";
import type { InputArray, Program } from "../../accelerator/program.ts";
import type { RegisterSpec } from "../../accelerator/register.ts";
import { registerAddress } from "../../accelerator/address.ts";
import { inputMask } from "../check-options.ts";
import type { EmitOptions, RepeatedInput } from "../options.ts";
import { commentLines, hex, tableMacro } from "./values.ts";

/** sampledata.h: one `SAMPLE_INPUT_n` per array. */
export const sampleInputHeader = (program: Program, repeated: RepeatedInput | null): string =>
  program.input.arrays
    .map(({ index, words }) => tableMacro(`SAMPLE_INPUT_${index}`, words.slice(0, repeated?.words), 8))
    .join("\n");

/** Lines that define the arrays in the main file. `attribute` stands before each of them. */
export function inputDeclarations(program: Program, attribute: string): string[] {
  const { channels, height, width, format, arrays } = program.input;
  const lines = commentLines(
    `Sample input: ${channels} x ${height} x ${width} (${channels * height * width} bytes), ${format} data.`,
  );
  for (const { index, comment } of arrays) {
    lines.push(...commentLines(comment));
    if (attribute !== "") lines.push(attribute);
    lines.push(`static const uint32_t input_${index}[] = SAMPLE_INPUT_${index};`);
  }
  return lines;
}

/** The body of load_input(). */
export function inputLoader(
  program: Program,
  device: DeviceSpec,
  registers: Readonly<Record<string, RegisterSpec>>,
  { fifoWait, repeatedInput }: Pick<EmitOptions, "fifoWait" | "repeatedInput">,
): string[] {
  const { arrays, channels } = program.input;
  if (arrays.length === 0) return ["  // No sample input: write the first layer's data to the accelerator here."];
  if (program.settings.fifo === "none") {
    return arrays.map(
      ({ index, address, words }) =>
        `  memcpy32((uint32_t *)(uintptr_t) ${hex(address)}, input_${index}, ${words.length});`,
    );
  }
  const length = Math.max(...arrays.map(({ words }) => words.length));
  const full = fifoWait ? fullCondition(program, device, registers) : null;
  const [first] = arrays;
  if (repeatedInput !== null && first !== undefined) return repeatedLoader(first, channels, repeatedInput, full);
  return [
    `  for (int i = 0; i < ${length}; i++) {`,
    ...arrays.flatMap((array) => pushLines(array, length, full)),
    "  }",
  ];
}

const wordBits = 32;

/** Feeds the stored words, plus a sum that grows each time they are through. */
function repeatedLoader(
  { index, address, words }: InputArray,
  channels: number,
  { step, words: stored }: RepeatedInput,
  full: FullCondition | null,
): string[] {
  const mask = channels * 8 < wordBits ? ` & ${hex(inputMask(channels))}` : "";
  const sum = `input_${index}[i % ${stored}] + add`;
  return [
    "  uint32_t add = 0;",
    "",
    `  for (int i = 0; i < ${words.length}; i++) {`,
    ...waitLine(index, full).map((line) => `    ${line}`),
    `    CNN_REG(${hex(address)}) = ${mask === "" ? sum : `(${sum})${mask}`};`,
    `    if (i % ${stored} == ${stored - 1}) {`,
    `      add += ${step}u;`,
    "    }",
    "  }",
  ];
}

const waitLine = (index: number, full: FullCondition | null): string[] =>
  full === null ? [] : [`while (${full(index)}) { } // Wait for room in FIFO ${index}`];

type FullCondition = (fifo: number) => string;

function pushLines({ index, address, words }: InputArray, length: number, full: FullCondition | null): string[] {
  const wait = waitLine(index, full);
  const push = `CNN_REG(${hex(address)}) = input_${index}[i];`;
  if (words.length === length) return [...wait, push].map((line) => `    ${line}`);
  return [`    if (i < ${words.length}) {`, ...[...wait, push].map((line) => `      ${line}`), "    }"];
}

function fullCondition(
  program: Program,
  device: DeviceSpec,
  registers: Readonly<Record<string, RegisterSpec>>,
): FullCondition {
  const fast = program.settings.fifo !== "standard";
  const status = registers[fast ? "FAST_FIFO_SR" : "FIFO_STAT"] as RegisterSpec;
  const field = status.fields["full"];
  if (field === undefined) throw new Error(`register ${status.name} has no field full`);
  const address = registerAddress(device, status, 0, 0);
  return (fifo) => `(CNN_REG(${hex(address)}) & ${hex(2 ** (field.lsb + (fast ? 0 : fifo)))}) != 0`;
}
