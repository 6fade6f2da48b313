import { join, dirname, resolve } from "node:path";
import type { DeviceSpec } from "../../../targets/index.ts";
import type { Model } from "../../../dsl/model.ts";
import { chooseWeights, chosenDevices, Clock, modelOptionSpecs, openModel } from "../model-run.ts";
import {
  exitCodes,
  integerOption,
  stringOption,
  type CommandSpec,
  type Invocation,
  type OptionValues,
} from "../options.ts";
import { chosenSample, repeatedInput } from "../sample-choices.ts";
import { printReports } from "../reports.ts";
import { Session } from "../session.ts";
import { choiceSpecs, readChoices, type Choices } from "../choices/index.ts";
import { verifierThread } from "../verifier-thread.ts";
import type { Verifier } from "../../compile.ts";
import { compileFor, type Compiled } from "../compile-for.ts";
import { checkLog, isLogged, logFiles, writeLogs } from "../build-log.ts";

export const buildCommand: CommandSpec = {
  name: "build",
  usage: "build [model.ts | folder] [options]",
  summary:
    "Compiles a model to a C project, runs the compiled program on the simulator, and compares with the reference.",
  options: [
    { name: "output", short: "o", value: "DIR", help: "folder of the project (default: build/ beside the model)" },
    { name: "overwrite", help: "write into a folder that holds other files" },
    { name: "verify", negatable: true, help: "simulate the program and compare (default)" },
    ...modelOptionSpecs,
    ...choiceSpecs("build"),
  ],
  run: build,
};

async function build(invocation: Invocation): Promise<number> {
  const { options, io } = invocation;
  const session = new Session(io, options["json"] === true);
  const clock = new Clock();
  clock.add("start-up", 0);
  const { choices, notices } = buildChoices(options);
  session.silence(choices.silenced);
  session.add([...notices, ...checkLog(choices)]);
  if (isLogged(choices)) session.keepLog();
  const verifier = options["verify"] === false ? null : verifierThread();
  const opened = await openModel(invocation, clock);
  session.add(opened.diagnostics);
  const results: BuiltProject[] = [];
  if (opened.model !== undefined) {
    const chosen = chosenDevices(opened.model, options);
    session.add(chosen.diagnostics);
    for (const device of chosen.devices) {
      const single = chosen.devices.length === 1;
      const built = await compileOne(
        invocation,
        opened.model,
        opened.file,
        device,
        single,
        session,
        clock,
        choices,
        verifier,
      );
      if (built !== undefined) results.push(built);
    }
  }
  session.add(await opened.types);
  if (!session.failed) await writeProjects(results, session, options["overwrite"] === true, clock);
  session.report();
  if (!session.failed) for (const result of results) session.print(result.summary);
  if (options["timings"] === true) session.print(clock.text());
  if (!session.failed && session.log !== null) {
    writeLogs(results, invocation, choices, session);
  }
  if (session.json) io.out(`${JSON.stringify(jsonResult(session, results), null, 2)}\n`);
  return session.failed ? exitCodes.diagnostics : exitCodes.ok;
}

interface BuiltProject {
  readonly device: string;
  readonly folder: string | null;
  readonly files: ReadonlyMap<string, string | Uint8Array>;
  readonly summary: string;
  readonly compiled: Compiled;
}

async function compileOne(
  invocation: Invocation,
  model: Model,
  file: string,
  device: DeviceSpec,
  single: boolean,
  session: Session,
  clock: Clock,
  choices: Choices,
  verifier: Verifier | null,
): Promise<BuiltProject | undefined> {
  const { options } = invocation;
  const weights = await chooseWeights(model, file, invocation);
  const sample = await chosenSample(model, file, invocation, choices);
  session.add([...weights.diagnostics, ...sample.diagnostics]);
  const compiled = await compileFor({
    model,
    device,
    weights: weights.weights ?? null,
    sample: sample.sample,
    choices,
    verify: options["verify"] !== false,
    verifier,
    stopAfter: stopStage(options),
    dumpFolder: dumpFolder(invocation, device, single),
    ...(options["verbose"] === true ? { print: (text: string) => session.print(text) } : {}),
    clock,
  });
  session.add(compiled.diagnostics);
  if (compiled.program === undefined || session.failed) {
    return session.failed ? undefined : { device: device.name, folder: null, files: new Map(), summary: "", compiled };
  }
  const start = performance.now();
  const { defaultEmitOptions, emitProject } = await import("../../../targets/emit/index.ts");
  const project = emitProject(compiled.program, device, {
    ...defaultEmitOptions(device),
    ...choices.emit,
    repeatedInput: repeatedInput(choices),
  });
  clock.add("emission", start);
  session.add(project.diagnostics);
  const { summaryText } = await import("../summary.ts");
  await printReports(invocation, compiled, session);
  const base = outputFolder(invocation, file, model.name);
  const folder = single ? base : join(base, device.name);
  const verification = await compiled.verification;
  session.add(verification.diagnostics);
  const verified = verification.verified ? "agrees" : options["verify"] === false ? "skipped" : "unconfirmed";
  const summary = `${summaryText(compiled.placement!, compiled.program, device, verified)}project        ${folder}\n`;
  const logged = await logFiles(project.files, compiled, choices);
  session.add(logged.diagnostics);
  return { device: device.name, folder, files: logged.files, summary, compiled };
}

/** `--stop-after` names a stage, or the number of a layer. */
function buildChoices(options: OptionValues): ReturnType<typeof readChoices> {
  const read = readChoices(options, "build");
  if (stopStage(options) !== null) return read;
  const stopAfter = integerOption(options, "stop-after");
  return stopAfter === undefined
    ? read
    : { ...read, choices: { ...read.choices, edits: { ...read.choices.edits, stopAfter } } };
}

function stopStage(options: OptionValues): string | null {
  const given = stringOption(options, "stop-after");
  return given === undefined || /^\d+$/.test(given) ? null : given;
}

/** `--output`, or `--test-dir` and the name of the project, or `build` beside the model. */
function outputFolder({ options, io }: Invocation, file: string, name: string): string {
  const [output, parent] = [stringOption(options, "output"), stringOption(options, "test-dir")];
  if (output !== undefined) return resolve(io.cwd, output);
  return parent === undefined
    ? join(dirname(file), "build")
    : resolve(io.cwd, parent, stringOption(options, "prefix") ?? name);
}

function dumpFolder({ options, io }: Invocation, device: DeviceSpec, single: boolean): string | null {
  const given = stringOption(options, "dump-stages");
  if (given === undefined) return null;
  return single ? resolve(io.cwd, given) : join(resolve(io.cwd, given), device.name);
}

async function writeProjects(results: readonly BuiltProject[], session: Session, overwrite: boolean, clock: Clock) {
  const start = performance.now();
  const { writeOutputFolders } = await import("../write-output.ts");
  const outputs = results.flatMap(({ folder, files }) => (folder === null ? [] : [{ folder, files }]));
  session.add(writeOutputFolders(outputs, overwrite));
  clock.add("writing", start);
}

const jsonResult = (session: Session, results: readonly BuiltProject[]) => ({
  format: "ai8xc-build",
  version: 1,
  ok: !session.failed,
  diagnostics: session.diagnostics,
  projects: session.failed
    ? []
    : results.map(({ device, folder, files, compiled }) => ({
        device,
        folder,
        files: [...files.keys()].sort(),
        layers: compiled.rows,
        resources: compiled.program?.resources ?? null,
      })),
});
