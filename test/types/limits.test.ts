import { beforeAll, describe, expect, it } from "vitest";
import { checkModel } from "../../dsl/check.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import * as dsl from "../../dsl/index.ts";
import { conv1dRules } from "../../dsl/operators/conv1d.ts";
import { conv2dRules } from "../../dsl/operators/conv2d.ts";
import { convTranspose2dRules } from "../../dsl/operators/conv-transpose2d.ts";
import { linearRules } from "../../dsl/operators/linear.ts";
import { pool1dRules, pool2dRules } from "../../dsl/operators/pool.ts";
import { dslCodes } from "../../dsl/codes.ts";
import { channelsRules, cropRules, foldRules, reshapeRules, splitRules } from "../../dsl/rules/arrange.ts";
import { operandRules, partRules, rowPartRules } from "../../dsl/rules/combine.ts";
import { readRules } from "../../dsl/rules/read.ts";
import { rollingBufferRules } from "../../dsl/rules/rolling-buffer.ts";
import type { Rule } from "../../dsl/rules/rule.ts";
import { activationRules, batchNormRules, flattenRules } from "../../dsl/rules/unary.ts";
import { type LimitCase, limitCases } from "./cases.ts";
import {
  checkWithTypeScript6,
  checkWithTypeScript7,
  dslPath,
  sentenceOf,
  type TypeError,
  writeFixtures,
} from "./type-checker.ts";

const tables = [
  conv1dRules,
  conv2dRules,
  convTranspose2dRules,
  linearRules,
  pool1dRules,
  pool2dRules,
  activationRules,
  batchNormRules,
  flattenRules,
  channelsRules,
  cropRules,
  foldRules,
  reshapeRules,
  splitRules,
  rollingBufferRules,
  { operand: operandRules, part: partRules, rows: rowPartRules, read: readRules },
];
const allRules: readonly Rule[] = tables.flatMap((table) => Object.values(table).flat());

/** One line per model: the line number finds the case. */
function lineOf(limit: LimitCase, which: "at" | "past"): string {
  const shape = which === "past" ? (limit.pastInput ?? limit.input) : limit.input;
  const code = which === "past" ? (limit.past ?? limit.at) : limit.at;
  const body = code.includes("return ") ? `{ ${code} }` : code;
  const options = `name: "m", device: "${limit.device ?? "MAX78000"}", input: { shape: [${shape.join(", ")}], format: "${limit.format ?? "HWC"}" }`;
  return `defineModel({ ${options} }, (x) => ${body});`;
}

const header = `import { add, bitwiseOr, bitwiseXor, concat, concatRows, defineModel, sub } from "${dslPath}/index.ts"; export { add, bitwiseOr, bitwiseXor, concat, concatRows, sub };`;
const fileOf = (which: "at" | "past") => [header, ...limitCases.map((limit) => lineOf(limit, which))].join("\n");

/** What the same line reports when it is run. */
function runTimeErrors(line: string): Diagnostic[] {
  const names = Object.keys(dsl);
  // oxlint-disable-next-line no-implied-eval -- the lines come from `cases.ts`
  const run = new Function(...names, `return ${line}`) as (...values: unknown[]) => dsl.DefinedModel;
  return checkModel(run(...Object.values(dsl))).filter(({ severity }) => severity === "error");
}

describe("limits", () => {
  const found: Record<string, readonly TypeError[]> = {};

  beforeAll(async () => {
    const folder = writeFixtures({ "at.mts": fileOf("at"), "past.mts": fileOf("past") });
    const native = checkWithTypeScript7(folder);
    found["6"] = checkWithTypeScript6(folder).errors;
    found["7"] = await native;
  }, 120_000);

  const errorsAt = (version: string, file: string, index: number) =>
    (found[version] as readonly TypeError[]).filter((error) => error.file === file && error.line === index + 2);

  it("are all tried", () => {
    const tried = new Set(limitCases.map((limit) => limit.rule));
    expect(allRules.map((rule) => rule.id).filter((id) => !tried.has(id))).toEqual([]);
  });

  it("all have an explained code", () => {
    const explained = Object.keys(dslCodes);
    expect(allRules.filter((rule) => !explained.includes(rule.code))).toEqual([]);
  });

  it.each(["6", "7"])("report nothing outside the cases in TypeScript %s", (version) => {
    const strange = found[version]?.filter((error) => !/^(at|past)\.mts$/.test(error.file) || error.line === 1);
    expect(strange).toEqual([]);
  });

  describe.each(limitCases.map((limit, index) => ({ limit, index })))(
    "$limit.rule: $limit.says",
    ({ limit, index }) => {
      it("passes at the limit, in types and at run time", () => {
        expect(errorsAt("6", "at.mts", index)).toEqual([]);
        expect(errorsAt("7", "at.mts", index)).toEqual([]);
        expect(runTimeErrors(lineOf(limit, "at"))).toEqual([]);
      });

      it.each(["6", "7"])("is told on the offending text in TypeScript %s", (version) => {
        const errors = errorsAt(version, "past.mts", index);
        const error = errors.find((candidate) => sentenceOf(candidate) === limit.says);
        expect(errors.map(sentenceOf)).toContain(limit.says);
        const marked = lineOf(limit, "past").slice((error as TypeError).column - 1);
        expect(marked.startsWith(limit.marks) ? limit.marks : marked).toBe(limit.marks);
      });

      it("is told with the same sentence at run time", () => {
        const messages = runTimeErrors(lineOf(limit, "past")).map(({ message }) => message);
        expect(messages).toContain(limit.says);
      });
    },
  );
});
