import { describeRegister, registerTables, type BusOperation, type Program } from "../../targets/index.ts";

/** The program as text: every bus operation with address, value, register and fields; images as length and sum. */
export function printProgram(program: Program): string {
  const lines = [`program ${program.name} for ${program.device}, quadrants ${program.quadrants.join(", ")}`];
  for (const [phase, operations] of Object.entries(program.phases)) {
    lines.push("", phase, ...operations.map((operation) => `  ${operationText(program, operation)}`));
  }
  for (const block of program.knownAnswer ?? []) {
    const mask = block.mask === 0xffffffff ? "" : ` mask ${hex(block.mask)}`;
    lines.push(`known answer ${hex(block.address)}${mask}: ${imageText(block.words)}`);
  }
  lines.push("");
  return lines.join("\n");
}

function operationText(program: Program, operation: BusOperation): string {
  switch (operation.kind) {
    case "register": {
      const spec = registerTables[program.device][operation.register];
      const place = [
        operation.layer === null ? "" : `layer ${operation.layer}`,
        operation.quadrant === null ? "" : `quadrant ${operation.quadrant}`,
      ].filter((text) => text !== "");
      const fields = spec === undefined ? "" : describeRegister(spec, operation.value);
      return `${hex(operation.address)} = ${hex(operation.value)}  ${operation.register.padEnd(11)} ${place.join(" ")}  ${fields}`.trimEnd();
    }
    case "block":
      return `${hex(operation.address)} ${operation.step === 0 ? "<<" : "="} ${imageText(operation.words)}  ${operation.label}`;
    case "poll":
      return `${hex(operation.address)} until & ${hex(operation.mask)} = ${hex(operation.value)}  ${operation.label}`;
    case "check":
      return `${hex(operation.address)} fails with & ${hex(operation.mask)}  ${operation.label}`;
    case "note":
      return `# ${operation.text}`;
  }
}

const hex = (value: number): string => `0x${(value >>> 0).toString(16).padStart(8, "0")}`;

/** Short images in full; longer ones by length and a checksum, so that a difference shows. */
function imageText(words: Uint32Array): string {
  if (words.length <= 4) return Array.from(words, hex).join(" ");
  let sum = 0;
  for (const word of words) sum = (Math.imul(sum, 31) + word) >>> 0;
  return `${words.length} words, checksum ${hex(sum)}`;
}
