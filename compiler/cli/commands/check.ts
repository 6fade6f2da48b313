import { chooseWeights, chosenDevices, Clock, modelOptionSpecs, openModel } from "../model-run.ts";
import { modelChoiceSpecs, readChoices } from "../choices/index.ts";
import { exitCodes, stringOption, type CommandSpec, type Invocation } from "../options.ts";
import { compileFor } from "../compile-for.ts";
import { Session } from "../session.ts";
import type { Model } from "../../../dsl/model.ts";

export const checkCommand: CommandSpec = {
  name: "check",
  usage: "check [model.ts | folder] [options]",
  summary: "Checks a model: types, network and placement. Needs no weights and writes nothing.",
  options: [
    ...modelOptionSpecs.filter(({ name }) => ["device", "weights", "json", "typecheck", "timings"].includes(name)),
    ...modelChoiceSpecs,
  ],
  run: check,
};

async function check(invocation: Invocation): Promise<number> {
  const { options, io } = invocation;
  const session = new Session(io, options["json"] === true);
  const clock = new Clock();
  clock.add("start-up", 0);
  const opened = await openModel(invocation, clock);
  session.add(opened.diagnostics);
  const { choices } = readChoices(options, "build");
  const lines: string[] = [];
  if (opened.model !== undefined) {
    const chosen = chosenDevices(opened.model, options);
    session.add(chosen.diagnostics);
    for (const device of chosen.devices) {
      const compiled = await compileFor({
        model: opened.model,
        device,
        weights: await checkedWeights(opened.model, opened.file, invocation, session),
        sample: null,
        choices,
        verify: false,
        stopAfter: "placement",
        dumpFolder: null,
        clock,
      });
      session.add(compiled.diagnostics);
      if (compiled.placement !== undefined) {
        lines.push(`${opened.model.name} fits ${device.name}: ${compiled.placement.layers.length} layers\n`);
      }
    }
  }
  session.add(await opened.types);
  session.report();
  if (!session.failed) for (const line of lines) session.print(line);
  if (options["timings"] === true) session.print(clock.text());
  if (session.json) {
    io.out(
      `${JSON.stringify({ format: "ai8xc-check", version: 1, ok: !session.failed, diagnostics: session.diagnostics }, null, 2)}\n`,
    );
  }
  return session.failed ? exitCodes.diagnostics : exitCodes.ok;
}

/** The named weights; without any, random ones stand in, since only their sizes matter here. */
async function checkedWeights(model: Model, file: string, invocation: Invocation, session: Session) {
  const named = stringOption(invocation.options, "weights") !== undefined;
  const standIn: Invocation = { ...invocation, options: { ...invocation.options, "random-weights": "1" } };
  const { weights, diagnostics } = await chooseWeights(model, file, named ? invocation : standIn);
  session.add(diagnostics);
  return weights ?? null;
}
