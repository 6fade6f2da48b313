import type { DeviceSpec } from "../accelerator/device.ts";
import type { Program } from "../accelerator/program.ts";
import { registerTables } from "../index.ts";
import { checkEmitOptions } from "./check-options.ts";
import { checkClock } from "./clock.ts";
import { outputLayouts } from "./layout.ts";
import type { EmitDiagnostic, EmitOptions } from "./options.ts";
import { sampleInputHeader } from "./print/input.ts";
import { sampleOutputText } from "./print/known-answer.ts";
import { notTransposed } from "./print/transposer.ts";
import { unloadHelpers } from "./print/unload.ts";
import { weightsHeader } from "./print/weights.ts";
import { render } from "./render.ts";
import { cnnSource } from "./templates/cnn.c.ts";
import { cnnHeader } from "./templates/cnn.h.ts";
import { applicationSource, launcherSource } from "./templates/main.c.ts";
import { softmaxSource } from "./templates/softmax.c.ts";
import { applicationView, launcherView } from "./views/application.ts";
import { buildFiles, editorSettings, readmeText } from "./views/build.ts";
import { cnnView, headerView } from "./views/cnn.ts";
import type { Emission } from "./views/common.ts";

export interface EmittedProject {
  /** Contents by path, relative to the project folder. Empty when a diagnostic is an error. */
  readonly files: ReadonlyMap<string, string>;
  readonly diagnostics: readonly EmitDiagnostic[];
}

/** Turns a Program into the files of a C project. Same input, same bytes; touches no files. */
export function emitProject(program: Program, device: DeviceSpec, options: EmitOptions): EmittedProject {
  const given = checkEmitOptions(program, device, options);
  const found = [...given, ...checkClock(program, device, options), ...checkScales(program, options)];
  if (found.some(({ severity }) => severity === "error")) return { files: new Map(), diagnostics: found };
  const implied = impliedOptions(program, options);
  const emission: Emission = {
    program,
    device,
    registers: registerTables[device.name],
    options: implied,
    layouts: outputLayouts(program, device, implied.scaleOutput),
    project: projectName(program, options),
  };
  return { files: projectFiles(emission), diagnostics: [...found, ...checkUnloading(emission)] };
}

function impliedOptions(program: Program, options: EmitOptions): EmitOptions {
  const softmax = options.softmax && program.outputs.length > 0;
  return {
    ...options,
    softmax,
    timer: options.energy ? null : options.timer,
    unload: (options.unload || softmax) && program.outputs.length > 0,
    kat: options.kat && program.knownAnswer !== null && !(options.energy && program.settings.rolling === true),
  };
}

/** The program's name as a file name, unless one was given. */
const projectName = (program: Program, options: EmitOptions): string =>
  options.projectName ?? (program.name.replaceAll(/[^A-Za-z0-9_.-]+/g, "_").replace(/^[.-]+/, "") || "network");

/** What was asked of cnn_unload() and has no effect on these outputs. */
function checkUnloading(emission: Emission): EmitDiagnostic[] {
  const { options, layouts } = emission;
  const { mlator, unload, unrollMlator, unrollNarrow, unrollWide } = options;
  const notice = (code: string, message: string): EmitDiagnostic => ({ code, severity: "notice", message });
  const helpers = unloadHelpers(unload ? layouts : [], mlator ? emission : null);
  const idle = [
    { name: "--unroll-mlator", given: unrollMlator, used: helpers.transposed, what: "comes through the transposer" },
    { name: "--unroll-8bit", given: unrollNarrow, used: helpers.narrow !== null, what: "is copied byte by byte" },
    { name: "--unroll-wide", given: unrollWide, used: helpers.wide, what: "has 32-bit values" },
  ].filter(({ given, used }) => given !== null && !used);
  const copied = mlator && unload ? layouts : [];
  return [
    ...copied.flatMap((layout) => {
      const reason = notTransposed(layout);
      if (reason === null) return [];
      return [notice("AI5007", `--mlator has no effect on output ${layout.output.name}, which ${reason}`)];
    }),
    ...idle.map(({ name, what }) => notice("AI5013", `${name} has no effect: no output ${what} in cnn_unload()`)),
  ];
}

const largestNarrowScale = 8;
const largestWideScale = 31;

/** Final scales that do not fit the type of the delivered values. */
function checkScales(program: Program, options: EmitOptions): EmitDiagnostic[] {
  if (!options.scaleOutput) return [];
  return program.outputs.flatMap(({ name, finalScale, location }) => {
    const largest = location.bits === 32 ? largestWideScale : largestNarrowScale;
    if (Number.isInteger(finalScale) && finalScale >= -largestWideScale && finalScale <= largest) return [];
    const message =
      `final scale ${finalScale} of output ${name} does not fit ` +
      `${location.bits === 32 ? 32 : 16}-bit results; allowed are -${largestWideScale} to ${largest}`;
    return [
      {
        code: "AI5011",
        severity: "error" as const,
        message,
        hint: "deliver the values as they are, with --no-scale-output",
      },
    ];
  });
}

function projectFiles(emission: Emission): Map<string, string> {
  const { program, device, options } = emission;
  const files = new Map<string, string>();
  const main = `${options.mainFile}${options.riscv ? "_riscv" : ""}.c`;
  if (options.riscv) files.set(`${options.mainFile}.c`, render(launcherSource, launcherView(emission)));
  const functions = render(cnnSource, cnnView(emission));
  const application = render(applicationSource, applicationView(emission));
  files.set(main, options.apiFile === null ? `${application}\n${functions}` : application);
  if (options.apiFile !== null) files.set(options.apiFile, functions);
  files.set("cnn.h", render(cnnHeader, headerView(emission)));
  if (options.softmax) files.set("softmax.c", softmaxSource);
  files.set(options.weightsFile, dataHeader("Weights and bias values", weightsHeader(program, device)));
  files.set(options.sampleInputFile, dataHeader("Sample input", sampleInputHeader(program, options.repeatedInput)));
  if (options.kat && options.sampleOutputFile !== null) {
    files.set(options.sampleOutputFile, dataHeader("Known answer", sampleOutputText(emission)));
  }
  for (const [path, text] of [...buildFiles(emission), ...editorSettings(emission)]) files.set(path, text);
  files.set("README.txt", readmeText(emission, [...files.keys()]));
  return files;
}

const dataHeader = (what: string, text: string): string =>
  `// ${what} of the network. Generated by ai8xc.\n${text === "" ? "" : `\n${text}`}`;
