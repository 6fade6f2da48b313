import type { DeviceSpec } from "../targets/accelerator/device.ts";
import type { Diagnostic } from "./diagnostic.ts";
import type { Model } from "./model.ts";

/** Execution ends there. */
export const STOP = "stop";

/** Operators that `sequence` and `unload` name: unknown ones AI1044, jumps from an operator to itself AI1045. */
export function checkSequence(model: Model): Diagnostic[] {
  const { start, next = {}, onSnoop = {}, simulated = [] } = model.sequence ?? {};
  const named = [
    ...(start === undefined ? [] : [["sequence.start", start] as const]),
    ...Object.keys(next).map((name) => ["sequence.next", name] as const),
    ...Object.values(next).flatMap((name) => (name === STOP ? [] : [["sequence.next", name] as const])),
    ...Object.entries(onSnoop).flatMap((names) => names.map((name) => ["sequence.onSnoop", name] as const)),
    ...simulated.map((name) => ["sequence.simulated", name] as const),
    ...(model.unload ?? []).flatMap((item) => ("tensor" in item ? [["unload", item.tensor] as const] : [])),
  ];
  return [
    ...named.flatMap(([where, name]) => unknownName(model, where, name)),
    ...Object.entries(next).flatMap(([from, to]) => (from === to ? [toItself(model, "next", from)] : [])),
    ...Object.entries(onSnoop).flatMap(([from, to]) => (from === to ? [toItself(model, "onSnoop", from)] : [])),
  ];
}

/** AI2612: the device has no snoop units. */
export function checkSnoop(model: Model, { name, capabilities }: DeviceSpec): Diagnostic[] {
  const wanted = model.snoop !== undefined || Object.keys(model.sequence?.onSnoop ?? {}).length > 0;
  if (!wanted || capabilities.snoop) return [];
  return [problem(model, "AI2612", `snoop units are not available on ${name}`, "leave snoop and onSnoop out")];
}

function unknownName(model: Model, where: string, name: string): Diagnostic[] {
  if (model.nodes.some((node) => node.name === name)) return [];
  const known = model.nodes.flatMap((node) => (node.kind === "input" ? [] : [node.name]));
  const hint = `operators are ${known.slice(0, mostShown).join(", ")}${known.length > mostShown ? ", …" : ""}`;
  return [problem(model, "AI1044", `${where} names "${name}"; there is no such operator`, hint)];
}

const mostShown = 20;

const toItself = (model: Model, key: string, name: string): Diagnostic =>
  problem(model, "AI1045", `sequence.${key} leads from "${name}" to itself`, `name another operator, or "${STOP}"`);

const problem = ({ source }: Model, code: string, message: string, hint: string): Diagnostic => ({
  code,
  severity: "error",
  message,
  ...(source === undefined ? {} : { location: source }),
  hint,
});
