/** What `ai8xc explain` prints for a code. */
export interface CodeEntry {
  readonly title: string;
  readonly explanation: string;
  readonly example?: string;
}

/** Codes of the command line itself: files, options, types. */
export const cliCodes = {
  AI2000: {
    title: "The type of a layer call reports a broken limit",
    explanation:
      "The types of the model compute shapes and compare every literal argument with the limits of the device. The " +
      "message is the sentence the editor shows; the same limit is checked again when the model runs.",
    example: "x.conv2d(16, { kernel: 5 })   // kernel 5x5 is not available on MAX78000; use 1x1 or 3x3",
  },
  AI6001: {
    title: "There is no model file",
    explanation: "The path names neither a model file (.ts, .mts, .js, .mjs) nor a folder with a model.ts.",
  },
  AI6002: {
    title: "The model file cannot be run",
    explanation: "Running the model file ended with an error: a syntax error, a missing import, or an exception.",
  },
  AI6003: {
    title: "The file exports no model",
    explanation: "A model file exports the result of defineModel by default.",
    example: 'export default defineModel({ name: "tiny", device: "MAX78000", input: { ... } }, (x) => ...)',
  },
  AI6004: {
    title: "A file cannot be read",
    explanation: "A weights or sample file that was named on the command line does not exist or is not readable.",
  },
  AI6005: {
    title: "The model has no weights",
    explanation:
      "A program without weights computes nothing. Weights are looked for in weights.safetensors beside the model, " +
      "or in the file that --weights names. --random-weights SEED builds anyway, to explore size and placement.",
  },
  AI6006: {
    title: "The model is not for this device",
    explanation: "--device names a chip that the model's `device` does not list.",
  },
  AI6007: {
    title: "The sample does not fit the input",
    explanation:
      "A sample is one input of the network: int8 values (-128 to 127) in channels, rows, columns order, as .npy or " +
      "as a JSON array of the same nesting. For a folded input it may have the shape before or after folding.",
  },
  AI6008: {
    title: "The kind of file is not known",
    explanation: "Weights are .safetensors or PyTorch checkpoints (.pth.tar, .pth, .pt); samples are .npy or .json.",
  },
  AI6010: {
    title: "The types were not checked",
    explanation: "TypeScript's native compiler could not be run. All limits are also checked when the model runs.",
  },
  AI6020: {
    title: "The output folder holds other files",
    explanation: "A folder is replaced as a whole, so one with files that ai8xc did not write is left alone.",
  },
  AI6021: {
    title: "The output folder cannot be written",
    explanation: "The file system refused; nothing was changed.",
  },
  AI6030: {
    title: "An option has no effect here",
    explanation:
      "Command lines of the reference generator can be used as they are. Options that it needs and ai8xc does not, and " +
      "options that belong to another command, are accepted; the message says why they change nothing.",
    example: "ai8xc build net --compact-weights",
  },
  AI6031: {
    title: "The sample cannot be repeated",
    explanation:
      "--synthesize-input N feeds the first pixels of the sample again and again, raised by N each time. A pixel must " +
      "fit one word, so it has one to four channels, and --synthesize-words must divide the number of pixels.",
    example: "--synthesize-input 1 --synthesize-words 7 for an input of 28x28",
  },
  AI6032: {
    title: "The log's name cannot be used",
    explanation:
      "--log-filename names a file in the folder of the project, which the project itself must not have: the log " +
      "stands beside the C files and is replaced with them.",
    example: "--log-filename main.c",
  },
  AI9001: {
    title: "The compiled program does not compute the model",
    explanation:
      "Every build runs its own program on the simulator and compares it with the reference. A difference is a defect " +
      "of ai8xc: please report it with the model. --no-verify writes the project all the same.",
  },
  AI9002: {
    title: "Internal error",
    explanation: "A part of ai8xc broke a promise to another. This is a defect of ai8xc, not of the model.",
  },
  AI9005: {
    title: "The schedule is wrong",
    explanation: "The check of the schedule disagrees with the scheduler. This is a defect of ai8xc, not of the model.",
  },
} as const satisfies Record<string, CodeEntry>;

/** All codes, sorted. Loaded on demand: only `explain` needs the texts of every room. */
export async function codeTable(): Promise<ReadonlyMap<string, CodeEntry>> {
  const tables: readonly Readonly<Record<string, CodeEntry>>[] = [
    cliCodes,
    ...(await Promise.all([
      import("../../dsl/codes.ts").then((m) => m.dslCodes),
      import("../passes/codes.ts").then((m) => m.passCodes),
      import("../placement/codes.ts").then((m) => m.placementCodes),
      import("../placement/weight-codes.ts").then((m) => m.weightCodes),
      import("../lower/codes.ts").then((m) => m.lowerCodeTexts),
      import("../zero-results.ts").then((m) => m.zeroResultCodes),
      import("../import/import-network-codes.ts").then((m) => m.importNetworkCodes),
      import("../export/codes.ts").then((m) => m.exportCodes),
      import("../../targets/emit/codes.ts").then((m) => m.emitCodes),
      import("../import/codes.ts").then((m) => m.importCodes),
    ])),
  ];
  return new Map(tables.flatMap((table) => Object.entries(table)).sort(([a], [b]) => a.localeCompare(b)));
}
