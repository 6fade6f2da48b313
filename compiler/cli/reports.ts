import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Compiled } from "./compile-for.ts";
import { stringOption, type Invocation } from "./options.ts";
import type { Session } from "./session.ts";

/** What a build tells on request beside its result: a table of the weights, and the result for the sample as a file. */
export async function printReports(
  { options, io }: Invocation,
  { network, tensors }: Compiled,
  session: Session,
): Promise<void> {
  if (options["display-checkpoint"] === true && network !== undefined) {
    const { weightsTable } = await import("./weights-table.ts");
    session.print(weightsTable(network));
  }
  const name = stringOption(options, "sample-numpy-filename");
  const [result, layer] = [tensors?.at(-1), network?.layers.at(-1)];
  if (name === undefined || result === undefined || layer === undefined) return;
  const { writeNpy } = await import("../import/npy.ts");
  const { channels, height, width } = layer.output;
  const file = resolve(io.cwd, name);
  try {
    writeFileSync(file, writeNpy(width === 1 ? [channels, height] : [channels, height, width], result, "int64"));
  } catch (error) {
    const { unwritable } = await import("./write-output.ts");
    session.add([unwritable(file, error)]);
  }
}
