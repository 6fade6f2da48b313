import { basename, dirname, join, resolve } from "node:path";
import type { DeviceSpec } from "../../../targets/index.ts";
import type { Model } from "../../../dsl/model.ts";
import type { ExportedNetwork } from "../../export/export-network.ts";
import { compileFor } from "../compile-for.ts";
import { chooseSample, chooseWeights, chosenDevices, Clock, modelOptionSpecs, openModel } from "../model-run.ts";
import { describedChoiceSpecs, readChoices } from "../choices/index.ts";
import { exitCodes, stringOption, UsageError, type CommandSpec, type Invocation } from "../options.ts";
import { Session } from "../session.ts";

const sharedOptions: readonly string[] = [
  "device",
  "weights",
  "random-weights",
  "sample",
  "random-sample",
  "json",
  "typecheck",
];

export const exportCommand: CommandSpec = {
  name: "export",
  usage: "export yaml [model.ts | folder] [options]",
  summary:
    "Writes a compiled model as network description (YAML), quantized checkpoint and sample for the reference " +
    "generator, and checks that they give the same program.",
  options: [
    { name: "output", short: "o", value: "DIR", help: "folder of the files (default: yaml/ beside the model)" },
    { name: "overwrite", help: "write into a folder that holds other files" },
    ...modelOptionSpecs.filter(({ name }) => sharedOptions.includes(name)),
    ...describedChoiceSpecs,
  ],
  run: exportModel,
};

async function exportModel(invocation: Invocation): Promise<number> {
  const { options, io } = invocation;
  const [format, ...rest] = invocation.positionals;
  if (format !== "yaml") {
    throw new UsageError(format === undefined ? "name the format: yaml" : `format ${format} is not known; use yaml`);
  }
  const session = new Session(io, options["json"] === true);
  const opened = await openModel({ ...invocation, positionals: rest }, new Clock());
  session.add(opened.diagnostics);
  const results: { folder: string; exported: ExportedNetwork }[] = [];
  if (opened.model !== undefined) {
    const chosen = chosenDevices(opened.model, options);
    session.add(chosen.diagnostics);
    const base = resolve(io.cwd, stringOption(options, "output") ?? join(dirname(opened.file), "yaml"));
    for (const device of chosen.devices) {
      const exported = await exportFor(invocation, opened.model, opened.file, device, session);
      const folder = chosen.devices.length === 1 ? base : join(base, device.name);
      if (exported !== undefined) results.push({ folder, exported });
    }
  }
  session.add(await opened.types);
  const { writeOutputFolder } = await import("../write-output.ts");
  for (const { folder, exported } of results) {
    if (session.failed) break;
    session.add(writeOutputFolder(folder, exported.files ?? new Map(), options["overwrite"] === true));
  }
  session.report();
  if (!session.failed) for (const result of results) session.print(writtenText(result.folder, result.exported));
  if (session.json) io.out(`${JSON.stringify(jsonResult(session, results), null, 2)}\n`);
  return session.failed ? exitCodes.diagnostics : exitCodes.ok;
}

async function exportFor(
  invocation: Invocation,
  model: Model,
  file: string,
  device: DeviceSpec,
  session: Session,
): Promise<ExportedNetwork | undefined> {
  const weights = await chooseWeights(model, file, invocation);
  const given = await chooseSample(model, file, invocation);
  session.add([...weights.diagnostics, ...given.diagnostics]);
  const { choices } = readChoices(invocation.options, "build");
  const compiled = await compileFor({
    model,
    device,
    weights: weights.weights ?? null,
    sample: given.sample,
    choices,
    verify: true,
    stopAfter: null,
    dumpFolder: null,
    clock: new Clock(),
  });
  session.add(compiled.diagnostics);
  const { program, placement } = compiled;
  if (session.failed || program === undefined || placement === undefined || given.sample === null) return undefined;
  const [{ exportNetwork }, { foldedSample }, { defaultProgramOptions }] = await Promise.all([
    import("../../export/export-network.ts"),
    import("../../export/folded-sample.ts"),
    import("../../options.ts"),
  ]);
  const sample = foldedSample(given.sample, placement.network.input);
  const exported = exportNetwork({ placement, program, device, options: defaultProgramOptions(device), sample });
  session.add(exported.diagnostics);
  const allowed = choices.placement.overlaps === undefined ? [] : ["--overlap-data"];
  return { ...exported, generatorOptions: [...exported.generatorOptions, ...allowed] };
}

function writtenText(folder: string, { files, generatorOptions }: ExportedNetwork): string {
  const paths = [...(files?.keys() ?? [])].map((name) => `${join(folder, name)}\n`);
  return `${paths.join("")}generate from ${basename(folder)} with: ai8xize.py ${generatorOptions.join(" ")}\n`;
}

const jsonResult = (session: Session, results: readonly { folder: string; exported: ExportedNetwork }[]) => ({
  format: "ai8xc-export",
  version: 1,
  ok: !session.failed,
  diagnostics: session.diagnostics,
  networks: session.failed
    ? []
    : results.map(({ folder, exported }) => ({
        folder,
        files: [...(exported.files?.keys() ?? [])],
        generatorOptions: exported.generatorOptions,
      })),
});
