import { describe, expect, it } from "vitest";
import { deviceRules } from "../../compiler/cli/rules.ts";
import { judge, yamlText } from "./describe-case.ts";
import { legalSketch } from "./rule-case.ts";
import { ruleCases } from "./rule-cases.ts";

const errorsOf = (sketch: Parameters<typeof judge>[0]) => judge(sketch).filter(({ severity }) => severity === "error");

describe("rules of descriptions", () => {
  for (const [index, broken] of ruleCases.entries()) {
    const { rule, code, says, device, legal } = broken;
    describe(`${rule} (case ${index}, ${device})`, () => {
      it("refuses the mistake and says what is wrong", () => {
        const errors = errorsOf(broken);
        const shown = `${yamlText(broken)}\n${errors.map((error) => `${error.code} ${error.message}`).join("\n")}`;
        const found = errors.find((error) => error.code === code && says.test(error.message));
        expect(found, shown).toBeDefined();
        expect(found?.hint ?? "", shown).not.toBe("");
        expect(deviceRules[rule]?.codes).toContain(code);
      });
      if (legal === undefined) return;
      it("accepts the same without it", () => {
        const sketch = legalSketch(broken);
        expect(
          errorsOf(sketch).map((error) => `${error.code} ${error.message}`),
          yamlText(sketch),
        ).toEqual([]);
      });
    });
  }
});
