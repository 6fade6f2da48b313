import type { KnownAnswerBlock, Program } from "../../accelerator/program.ts";
import type { EmitOptions } from "../options.ts";
import { tableMacro } from "./values.ts";

/** The first `limit` words of the known answer, whole blocks first. */
export function limitKnownAnswer(blocks: readonly KnownAnswerBlock[], limit: number | null): KnownAnswerBlock[] {
  if (limit === null) return [...blocks];
  const kept: KnownAnswerBlock[] = [];
  let left = limit;
  for (const block of blocks) {
    if (left === 0) break;
    const words = block.words.subarray(0, left);
    if (words.length > 0) kept.push({ ...block, words });
    left -= words.length;
  }
  return kept;
}

/** { address, mask, count, words... } per block, ended by a zero address. */
export const knownAnswerTable = (blocks: readonly KnownAnswerBlock[]): number[] => [
  ...blocks.flatMap(({ address, mask, words }) => [address, mask, words.length, ...words]),
  0,
];

export const sampleOutputHeader = (blocks: readonly KnownAnswerBlock[]): string =>
  tableMacro("SAMPLE_OUTPUT", knownAnswerTable(blocks), 8);

/** `SAMPLE_OUTPUT` with as many words as the project compares. */
export const sampleOutputText = ({
  program,
  options,
}: {
  readonly program: Pick<Program, "knownAnswer">;
  readonly options: Pick<EmitOptions, "maxVerifyLength">;
}): string => sampleOutputHeader(limitKnownAnswer(program.knownAnswer ?? [], options.maxVerifyLength));
