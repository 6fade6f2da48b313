import { deviceByName } from "../../targets/index.ts";
import { UsageError, stringOption, type OptionSpec, type OptionValues } from "./options.ts";

/** Switches of the vendor's tools that stand for a device. */
const deviceSwitches = ["ai85"] as const;

/** The options that choose a device. */
export const deviceSpecs = (help: string): readonly OptionSpec[] => [
  { name: "device", value: "NAME", help },
  ...deviceSwitches.map((name) => ({ name, help: `the same as --device ${deviceByName(name)?.name}` })),
];

/** The name given for the device, if any. */
export function deviceName(options: OptionValues): string | undefined {
  const given = [stringOption(options, "device") ?? [], deviceSwitches.filter((name) => options[name] === true)].flat();
  if (given.length > 1) throw new UsageError(`--device ${given[0]} and --${given[1]} exclude each other`);
  return given[0];
}
