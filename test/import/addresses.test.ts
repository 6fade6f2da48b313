import { describe, expect, it } from "vitest";
import type { DeviceName } from "../../targets/index.ts";
import { messages } from "../golden/case-network.ts";
import { importFixture } from "./descriptions.ts";

const layer = "{ op: conv2d, kernel_size: 1x1, pad: 0, processors: 0xf, out_offset: 0x2000 }";

/** The model of one layer and its findings, imported without pins. */
async function imported(more: string, device: DeviceName = "MAX78002", outputs = 4, processors = "0xf") {
  const described = layer.replace(" }", `, output_processors: ${processors} }`);
  const yaml = `arch: fixture\ndataset: fixture\n${more}layers:\n  - ${described}\n`;
  const fixture = { device, sample: [4, 6, 6], weights: [[outputs, 4, 1, 1]], yaml };
  const { files, diagnostics } = await importFixture(fixture, false);
  if (files === undefined) throw new Error(messages(diagnostics));
  return { text: files.get("model.ts") as string, diagnostics };
}

const unload = (item: string): string => `unload:\n  - { ${item} }\n`;

/** Snoop units mean addresses, and so does memory that is read out. */
describe("descriptions that mean addresses, imported without pins", () => {
  it("keep their pins for snoop units", async () => {
    const { text, diagnostics } = await imported(`snoop: [0x200400, ${Array(31).fill(0).join(", ")}]\n`);
    expect(diagnostics).toMatchObject([{ code: "AI6212", severity: "warning", location: { line: 3 } }]);
    expect(text).toContain("snoop: { unit1: { A1: 0x200400 } },");
    expect(text).toMatch(/layer: 0, processors: 0xfn,.*outputOffset: 0x2000/);
  });

  it("leave snoop units out where there are none", async () => {
    const { text, diagnostics } = await imported(`snoop: [${Array(32).fill(1).join(", ")}]\n`, "MAX78000");
    expect(diagnostics).toMatchObject([{ code: "AI6212", message: expect.stringMatching(/^'snoop' is left out/) }]);
    expect(text).not.toContain("snoop");
    expect(text).not.toContain("processors");
  });

  it("keep their pins for memory that is no whole row of a result", async () => {
    const part = "channels: 4, dim: [1, 3], processors: 0xf, offset: 0x2000, width: 8, write_gap: 0";
    const { text, diagnostics } = await imported(unload(part));
    expect(diagnostics).toMatchObject([{ code: "AI6212", location: { line: 4 } }]);
    expect(text).toContain('unload: [{ name: "unload_0", processors: 0xfn, channels: 4, height: 1, width: 3');
    expect(text).toMatch(/layer: 0, processors: 0xfn/);
  });

  it("need none for rows and channels of one pass of a result", async () => {
    const all = "0xffffffffffffffff";
    const part = `channels: 8, dim: [2, 6], processors: 0xff00, offset: 0x2064, width: 8, write_gap: 1`;
    const { text, diagnostics } = await imported(unload(part), "MAX78000", 128, all);
    expect(diagnostics).toEqual([]);
    expect(text).toContain('unload: [{ tensor: "block_conv0", channels: [72, 80], rows: [2, 4] }]');
    expect(text).not.toContain("processors");
  });
});
