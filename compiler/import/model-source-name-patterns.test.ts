import { describe, expect, it } from "vitest";
import { factorNames } from "./model-source-name-patterns.ts";

const part = (argument: number, suffix = "") => ({ argument, suffix });

describe("factorNames", () => {
  it("takes what the names of a use begin with, up to an underscore", () => {
    const uses = [
      ["stage1_conv1", "stage1_conv2"],
      ["stage2_conv1", "stage2_conv2"],
    ];
    expect(factorNames(uses)).toEqual({
      arguments: [["stage1"], ["stage2"]],
      parts: [part(0, "_conv1"), part(0, "_conv2")],
    });
  });

  it("lets a name be the beginning of others", () => {
    const uses = [
      ["conv3_copy", "conv3", "conv4"],
      ["conv6_copy", "conv6", "conv7"],
    ];
    expect(factorNames(uses)).toEqual({
      arguments: [
        ["conv3", "conv4"],
        ["conv6", "conv7"],
      ],
      parts: [part(0, "_copy"), part(0), part(1)],
    });
  });

  it("does not cut words, nor give two uses the same text", () => {
    const words = [
      ["conva", "convb"],
      ["convc", "convd"],
    ];
    expect(factorNames(words)).toEqual({ arguments: words, parts: [part(0), part(1)] });
    const same = [
      ["net_a1", "net_b1"],
      ["net_a2", "net_b2"],
    ];
    expect(factorNames(same)).toEqual({ arguments: same, parts: [part(0), part(1)] });
  });

  it("makes nothing of nothing", () => expect(factorNames([[], []])).toEqual({ arguments: [[], []], parts: [] }));
});
