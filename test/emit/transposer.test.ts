import { describe, expect, it } from "vitest";
import { dataAddress, registerAddress } from "../../targets/accelerator/address.ts";
import type { ProgramOutput, TensorLocation } from "../../targets/accelerator/program.ts";
import type { RegisterSpec } from "../../targets/accelerator/register.ts";
import { defaultEmitOptions, emitProject, type EmitOptions } from "../../targets/emit/index.ts";
import { devices, registerTables, type DeviceSpec } from "../../targets/index.ts";
import { canObserve, compileProject, hostCompiler, type HostPort } from "./host.ts";
import { handMadeProgram, words } from "./programs.ts";
import { deliveredWords, knownAnswerOf, memoryOf, randomTensor } from "./tensors.ts";

const all: readonly DeviceSpec[] = Object.values(devices);
const skipped = hostCompiler === null || !canObserve ? " (skipped: observing accesses needs Linux on x86-64)" : "";
const range = (first: number, count: number): number[] => Array.from({ length: count }, (_, i) => first + i);

const output = (name: string, location: Partial<TensorLocation>, finalScale = 0): ProgramOutput => ({
  name,
  layer: 1,
  finalScale,
  location: { channels: 4, height: 4, width: 4, processors: range(0, 4), offset: 0, writeGap: 0, bits: 8, ...location },
});

/** The port of every quadrant, as the register table describes it. */
const portsOf = (device: DeviceSpec): HostPort[] =>
  range(0, device.quadrants).map((quadrant) => {
    const at = (name: string) =>
      registerAddress(device, registerTables[device.name][name] as RegisterSpec, quadrant, 0);
    return {
      address: at("MLAT"),
      control: at("CTL"),
      enable: 1 << 16,
      lane: 17,
      pointer: at("WPTR_BASE"),
      step: at("LCTL2"),
      data: dataAddress(device, quadrant * device.processorsPerQuadrant, 0),
    };
  });

function project(device: DeviceSpec, outputs: readonly ProgramOutput[], options: Partial<EmitOptions>) {
  const tensors = outputs.map(({ location }) => randomTensor(location, words(7)));
  const knownAnswer = knownAnswerOf(memoryOf(device, tensors));
  const program = handMadeProgram(device, { outputs, knownAnswer });
  const given = { ...defaultEmitOptions(device), mlator: true, ...options };
  return { tensors, program, knownAnswer, ...emitProject(program, device, given) };
}

const notices = (device: DeviceSpec, outputs: readonly ProgramOutput[], options: Partial<EmitOptions> = {}) =>
  project(device, outputs, options)
    .diagnostics.filter(({ severity }) => severity === "notice")
    .map(({ code, message }) => `${code} ${message}`);

describe.each(all)("cnn_unload() through the byte transposer of $name", (device) => {
  const outputs = [
    output("first", { channels: 6, height: 2, width: 6, processors: range(14, 6), offset: 0x200 }),
    output("scores", { channels: 5, height: 1, width: 1, processors: range(8, 5), offset: 0x400, bits: 32 }),
    output("odd", { channels: 3, height: 3, width: 3, processors: range(40, 3), offset: 0x100 }),
    output("last", { channels: 7, height: 4, width: 5, processors: range(57, 7) }),
  ];

  it.skipIf(skipped !== "").each([1, 4, null])(`delivers the same, unrolled by %s${skipped}`, (unrollMlator) => {
    const { tensors, files, knownAnswer } = project(device, outputs, { unrollMlator });
    const ports = portsOf(device);
    const kept = ports.flatMap(({ pointer, step }) => [
      { address: pointer, words: [0x123] },
      { address: step, words: [0x45] },
    ]);
    const compiled = compileProject(files);
    try {
      const preload = [...knownAnswer.map(({ address, words: values }) => ({ address, words: values })), ...kept];
      const dumps = kept.map(({ address }) => ({ address, count: 1 }));
      const result = compiled.run({ preload, ports, unload: true, dumps });
      expect([...(result.unload ?? [])]).toEqual(
        deliveredWords(
          tensors,
          1,
          outputs.map(() => 0),
        ),
      );
      expect(result.dumps.map(([word]) => word)).toEqual(kept.map(({ words: [word] }) => word));
    } finally {
      compiled.remove();
    }
    expect(files.get("cnn.c")?.match(/unload_channel\(&out_buf/g)).toHaveLength(13);
    expect(files.get("cnn.c")?.includes("#pragma GCC unroll")).toBe(unrollMlator !== null);
  });

  it("says which outputs it cannot deliver", () => {
    const found = [
      output("wide", { bits: 32 }),
      output("odd", { height: 3, width: 3, processors: range(16, 4) }),
      output("apart", { writeGap: 1, processors: range(32, 4) }),
      output("whole", { processors: range(48, 4) }),
    ];
    expect(notices(device, found)).toEqual([
      "AI5007 --mlator has no effect on output wide, which has 32-bit values",
      "AI5007 --mlator has no effect on output odd, which has 3x3 = 9 values in a channel, which is no multiple of 4",
      "AI5007 --mlator has no effect on output apart, which has its pixels 2 words apart",
    ]);
    expect(notices(device, [output("scaled", {}, 1)])).toEqual([
      "AI5007 --mlator has no effect on output scaled, which is delivered as 16-bit values",
    ]);
    expect(notices(device, found, { unload: false })).toEqual([]);
  });

  it("says which loops do not exist", () => {
    expect(notices(device, [output("whole", {})], { unrollNarrow: 2, unrollMlator: 2 })).toEqual([
      "AI5013 --unroll-8bit has no effect: no output is copied byte by byte in cnn_unload()",
    ]);
  });
});
