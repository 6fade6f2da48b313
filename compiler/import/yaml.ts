import type { Diagnostic, SourceLocation } from "../../dsl/diagnostic.ts";
import { hasErrors } from "../../dsl/diagnostic.ts";
import type { YamlDataBuffer, YamlGlobals, YamlLayer, YamlUnload } from "./yaml-schema.ts";
import { globalKeys, readRecord } from "./yaml-schema.ts";
import { parseYamlTree } from "./yaml-tree.ts";

/** A network description as written: nothing is filled in yet. */
export interface YamlNetwork {
  readonly fileName: string;
  readonly at: SourceLocation;
  /** Architecture the weights must come from; exactly `test` selects test weights. */
  readonly arch: string;
  /** In lower case; names the default sample and test weights. */
  readonly dataset: string;
  readonly layers: readonly YamlLayer[];
  /** Output processors of the last layer. */
  readonly outputMap: bigint | null;
  /** What `cnn_unload()` reads instead of the outputs; empty: the outputs. */
  readonly unload: readonly YamlUnload[];
  readonly dataBuffers: readonly YamlDataBuffer[];
  /** Names of test arrays. */
  readonly bias: string | null;
  readonly weights: string | null;
  readonly snoop: readonly number[] | null;
  readonly snoopAt: SourceLocation;
}

/**
 * Reads a network description in the format of the reference generator. All problems are collected, each with its line:
 * AI6201 syntax, AI6202 unknown key, AI6203 duplicate key, AI6204 missing key, AI6205 wrong value, AI6206 key given in
 * two spellings.
 */
export function parseYamlNetwork(
  text: string,
  fileName: string,
): { readonly description?: YamlNetwork; readonly diagnostics: readonly Diagnostic[] } {
  const parsed = parseYamlTree(text, fileName);
  if (parsed.tree === undefined) return { diagnostics: parsed.diagnostics };
  const diagnostics: Diagnostic[] = [];
  const report = (diagnostic: Diagnostic) => void diagnostics.push(diagnostic);
  const what = "a network description";
  const globals = readRecord<YamlGlobals>(parsed.tree, what, globalKeys, ["arch", "dataset", "layers"], report);
  if (globals === undefined || hasErrors(diagnostics)) return { diagnostics };
  const {
    arch = "",
    dataset = "",
    layers = [],
    output_map,
    unload,
    data_buffer,
    bias,
    weights,
    snoop,
  } = globals.values;
  if (layers.length === 0) {
    diagnostics.push({
      code: "AI6204",
      severity: "error",
      message: "the description has no layers",
      location: globals.places.layers ?? globals.at,
      hint: "Add at least one item under 'layers:'.",
    });
    return { diagnostics };
  }
  const description: YamlNetwork = {
    fileName,
    at: globals.at,
    arch,
    dataset: dataset.toLowerCase(),
    layers,
    outputMap: output_map ?? null,
    unload: unload ?? [],
    dataBuffers: data_buffer ?? [],
    bias: bias ?? null,
    weights: weights ?? null,
    snoop: snoop ?? null,
    snoopAt: globals.places.snoop ?? globals.at,
  };
  return { description, diagnostics };
}
