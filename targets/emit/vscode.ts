import type { DeviceSpec } from "../accelerator/device.ts";

/** Settings for Visual Studio Code: build, flash and debug with the tools of the SDK. */

export interface EditorFacts {
  readonly project: string;
  readonly device: DeviceSpec;
  readonly board: string;
  readonly riscv: boolean;
  readonly defines: readonly string[];
}

const buildFolder = "${workspaceFolder}/build";
const sdk = "${config:MAXIM_PATH}";
const openOcd = `${sdk}/Tools/OpenOCD`;
const armTools = `${sdk}/Tools/GNUTools/10.3`;

/** The files of `.vscode/`, by path. */
export function editorFiles(facts: EditorFacts): [string, string][] {
  return [
    [".vscode/settings.json", json(settings(facts))],
    [".vscode/tasks.json", json(tasks(facts))],
    [".vscode/launch.json", json(launch(facts))],
    [".vscode/c_cpp_properties.json", json(properties(facts))],
  ];
}

const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

const program = ({ project, riscv }: EditorFacts): string => `${buildFolder}/${project}${riscv ? "-combined" : ""}.elf`;

const settings = ({ project, device, board }: EditorFacts) => ({
  MAXIM_PATH: "${env:MAXIM_PATH}",
  target: device.name,
  board,
  project_name: project,
  "C_Cpp.default.compilerPath": `${armTools}/bin/arm-none-eabi-gcc`,
  "C_Cpp.errorSquiggles": "enabled",
  "files.associations": { "*.h": "c", "project.mk": "makefile" },
});

const makeArguments = `MAXIM_PATH="${sdk}" TARGET=\${config:target} BOARD=\${config:board}`;

const openOcdTarget = (device: DeviceSpec): string => device.name.toLowerCase();

const shell = (label: string, command: string, group?: unknown) => ({
  label,
  type: "shell",
  command,
  ...(group === undefined ? {} : { group }),
  problemMatcher: label === "build" ? ["$gcc"] : [],
});

function tasks(facts: EditorFacts) {
  const target = openOcdTarget(facts.device);
  const load = `openocd -s "${openOcd}/scripts" -f interface/cmsis-dap.cfg -f target/${target}.cfg`;
  return {
    version: "2.0.0",
    tasks: [
      shell("build", `make -r -j 8 ${makeArguments}`, { kind: "build", isDefault: true }),
      shell("clean", `make ${makeArguments} clean`),
      shell("clean with drivers", `make ${makeArguments} distclean`),
      {
        ...shell("flash", `${load} -c "program ${program(facts)} verify reset exit"`),
        dependsOn: ["build"],
      },
      shell("erase flash", `${load} -c "init; reset halt; ${target} mass_erase 0; exit"`),
    ],
  };
}

const launch = (facts: EditorFacts) => ({
  version: "0.2.0",
  configurations: [
    {
      name: "Debug on the Arm core",
      type: "cppdbg",
      request: "launch",
      program: program(facts),
      args: [],
      cwd: "${workspaceFolder}",
      environment: [],
      stopAtEntry: true,
      externalConsole: false,
      MIMode: "gdb",
      miDebuggerPath: `${armTools}/bin/arm-none-eabi-gdb`,
      miDebuggerServerAddress: "localhost:3333",
      debugServerPath: `${openOcd}/openocd`,
      debugServerArgs: `-s ${openOcd}/scripts -f interface/cmsis-dap.cfg -f target/${openOcdTarget(facts.device)}.cfg`,
      serverStarted: "Info : Listening on port 3333",
      filterStderr: true,
      useExtendedRemote: true,
      preLaunchTask: "build",
      setupCommands: [
        { text: `-file-exec-and-symbols "${buildFolder}/${facts.project}.elf"` },
        { text: "-enable-pretty-printing", ignoreFailures: true },
      ],
      postRemoteConnectCommands: [{ text: "load" }, { text: "monitor reset halt" }],
    },
  ],
});

function properties({ device, board, defines }: EditorFacts) {
  const libraries = `${sdk}/Libraries`;
  return {
    version: 4,
    configurations: [
      {
        name: device.name,
        includePath: [
          "${workspaceFolder}",
          "${workspaceFolder}/include",
          `${libraries}/Boards/${device.name}/${board}/Include`,
          `${libraries}/CMSIS/Device/Maxim/${device.name}/Include`,
          `${libraries}/CMSIS/Include`,
          `${libraries}/PeriphDrivers/Include/${device.name}`,
          `${libraries}/MiscDrivers/**`,
        ],
        defines: [`TARGET=${device.name}`, "DEBUG", ...defines],
        compilerPath: "${config:C_Cpp.default.compilerPath}",
        cStandard: "c11",
        intelliSenseMode: "gcc-arm",
      },
    ],
  };
}
