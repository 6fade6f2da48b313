import type { DeviceSpec } from "../../targets/accelerator/device.ts";
import type { Facts, FactValue, Operand, Rule, RuleTable } from "./rule.ts";

/** A rule a call breaks, with its sentence. */
export interface Violation {
  readonly rule: Rule;
  /** Argument or option at fault. */
  readonly field: string;
  readonly message: string;
}

type Limit = FactValue | readonly (string | number)[] | { readonly min: Limit; readonly max: Limit };

/** At most one violation per field: the first rule that is broken. */
export function brokenRules(table: RuleTable, facts: Facts, device: DeviceSpec): Violation[] {
  return Object.entries(table).flatMap(([field, rules]) => {
    const violation = firstBroken(rules, facts, device);
    return violation === undefined ? [] : [{ field, ...violation }];
  });
}

/** `device` is null for rules that hold on every device. */
export function firstBroken(
  rules: readonly Rule[],
  facts: Facts,
  device: DeviceSpec | null,
): Omit<Violation, "field"> | undefined {
  for (const rule of rules) {
    if (rule.when !== undefined && facts[rule.when] !== true) continue;
    const limit = resolve(rule.limit, facts, device);
    if (!holds(rule.check, facts[rule.value], limit)) return { rule, message: fill(rule.say, facts, device, limit) };
  }
  return undefined;
}

function resolve(operand: Operand, facts: Facts, device: DeviceSpec | null): Limit {
  if (typeof operand === "string") return facts[operand];
  if (typeof operand !== "object") return operand;
  if ("values" in operand) return operand.values;
  if ("min" in operand) return { min: resolve(operand.min, facts, device), max: resolve(operand.max, facts, device) };
  const [group, field] = operand.device;
  return (device as unknown as Record<string, Record<string, Limit>> | null)?.[group]?.[field];
}

/** Facts that could not be worked out (NaN, undefined) break no rule: another rule has told why. */
function holds(check: Rule["check"], value: FactValue, limit: Limit): boolean {
  if (value === undefined || Number.isNaN(value) || limit === undefined || Number.isNaN(limit)) return true;
  switch (check) {
    case "oneOf":
      return (limit as readonly unknown[]).includes(value);
    case "between": {
      const { min, max } = limit as { min: number; max: number };
      return Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
    }
    case "atMost":
      return (value as number) <= (limit as number);
    case "below":
      return (value as number) < (limit as number);
    case "is":
      return value === limit;
    case "multipleOf":
      return (value as number) % (limit as number) === 0;
  }
}

function fill(template: string, facts: Facts, device: DeviceSpec | null, limit: Limit): string {
  return template.replace(/\{([^}]+)\}/g, (_, hole: string) => {
    if (hole === "device") return device?.name ?? "";
    if (hole === "limit") return limitText(limit, (value) => `${value}`);
    if (hole === "limit:square") return limitText(limit, (value) => `${value}x${value}`);
    return `${facts[hole]}`;
  });
}

function limitText(limit: Limit, show: (value: FactValue) => string): string {
  if (Array.isArray(limit)) {
    const parts = (limit as readonly (string | number)[]).map(show);
    return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} or ${parts.at(-1)}`;
  }
  if (typeof limit !== "object" || limit === null) return show(limit as FactValue);
  const { min, max } = limit as { readonly min: Limit; readonly max: Limit };
  return min === max ? limitText(min, show) : `${limitText(min, show)} to ${limitText(max, show)}`;
}
