import { describe, expect, it } from "vitest";
import { fixtures, fixtureWeights, parsed } from "../../test/import/descriptions.ts";
import { devices } from "../../targets/index.ts";
import { yamlToNetwork } from "./yaml-network.ts";

const fixture = fixtures["temporal"]!;

/** What is told about the description after a change of its text, as code and line. */
function told(change: (yaml: string) => string): string[] {
  const yaml = change(fixture.yaml);
  expect(yaml).not.toBe(fixture.yaml);
  const { diagnostics } = yamlToNetwork(parsed(yaml), {
    device: devices.MAX78000,
    weights: fixtureWeights(fixture),
    sample: { shape: fixture.sample },
  });
  return diagnostics
    .filter(({ severity }) => severity === "error")
    .map(({ code, location }) => `${code}@${location?.line}`);
}

const replaced = (found: string | RegExp, by: string) => (yaml: string) => yaml.replace(found, by);

describe("a rolling buffer in a description", () => {
  it("gives the layers that move and read it their sources", () => {
    const { network } = yamlToNetwork(parsed(fixture.yaml), {
      device: devices.MAX78000,
      weights: fixtureWeights(fixture),
      sample: { shape: fixture.sample },
    });
    const layers = network!.layers.map(({ sources, crop, recalls }) => ({ sources, crop, recalls: recalls ?? false }));
    expect(layers[1]).toEqual({ sources: [1, 2], crop: [1, 0], recalls: true });
    expect(layers[3]).toEqual({ sources: [1, 2], crop: [0, 0], recalls: false });
    expect(network!.layers[3]?.input).toEqual({ channels: 8, height: 9, width: 1 });
  });

  it.each([
    ["no buffer", replaced(/^data_buffer.*\n/, ""), "AI1801@6"],
    [
      "two buffers",
      replaced("offset: 0x400 }]", "offset: 0x400 }, { name: b, processors: 1, channels: 1, dim: 2, offset: 0 }]"),
      "AI6210@1",
    ],
    ["a convolution that moves", replaced("op: passthrough", "op: conv1d"), "AI6210@7"],
    ["nothing that is added", replaced("buffer_insert: 1, ", ""), "AI6210@1"],
    [
      "a buffer that is read too early",
      (yaml: string) =>
        yaml.replace(
          "in_sequences: features, in_offset: 0x1000",
          "in_sequences: history, in_offset: 0x400, in_dim: 9, in_channels: 8",
        ),
      "AI6210@9",
    ],
    [
      "other data beside the buffer",
      replaced("in_sequences: history, in_offset: 0x400,", "in_sequences: [history, features], in_offset: 0x400,"),
      "AI6210@11",
    ],
    ["a move without the buffer's name", replaced("in_sequences: history, in_offset: 0x404, ", ""), "AI6230@7"],
    ["a reader without in_dim", replaced("in_dim: 9, ", ""), "AI6230@11"],
    ["an insertion without out_offset", replaced(", out_offset: 0x420", ""), "AI6230@9"],
    ["another shift than insertion", replaced("buffer_shift: 1", "buffer_shift: 2"), "AI1808@7"],
    ["another place to read", replaced("in_offset: 0x400,", "in_offset: 0x408,"), "AI1808@11"],
    ["another place to write", replaced("out_offset: 0x420", "out_offset: 0x424"), "AI1808@10"],
    ["another length", replaced("in_dim: 9", "in_dim: 8"), "AI1808@11"],
    [
      "other processors",
      replaced("output_processors: 0xff0000, out_offset: 0x420", "output_processors: 0xff00, out_offset: 0x420"),
      "AI1808@10",
    ],
    ["rows that do not fit", replaced("in_offset: 0x1000, pad: 0", "in_offset: 0x1000, pad: 1"), "AI1808@9"],
  ])("is refused with %s", (_, change, expected) => {
    expect(told(change)).toContain(expected);
  });
});
