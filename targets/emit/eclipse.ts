import type { DeviceSpec } from "../accelerator/device.ts";
import { element, textElement, xmlDocument, type XmlNode } from "./xml.ts";

/** Project files for Eclipse CDT as the vendor's SDK installs it: builds with the makefile, debugs with OpenOCD. */

export interface EclipseFacts {
  readonly project: string;
  readonly device: DeviceSpec;
  readonly board: string;
  readonly riscv: boolean;
  readonly defines: readonly string[];
  /** Folders separated by blanks, or `listOptionValue` elements. */
  readonly includes: string;
  /** `NAME=VALUE` each. */
  readonly variables: readonly string[];
  /** Arguments of OpenOCD; null: CMSIS-DAP probe and the part. */
  readonly openOcd: string | null;
}

/** The files by path; they stand beside the makefile. */
export function eclipseFiles(facts: EclipseFacts): [string, string][] {
  return [
    [".project", projectFile(facts)],
    [".cproject", buildFile(facts)],
    [".settings/org.eclipse.cdt.core.prefs", variablesFile(facts)],
    [`${facts.project}.launch`, launchFile(facts)],
  ];
}

const builder = (name: string, triggers: string): XmlNode =>
  element("buildCommand", {}, [
    textElement("name", `org.eclipse.cdt.managedbuilder.core.${name}`),
    textElement("triggers", triggers),
    element("arguments"),
  ]);

const projectFile = ({ project }: EclipseFacts): string =>
  xmlDocument(
    element("projectDescription", {}, [
      textElement("name", project),
      element("comment"),
      element("projects"),
      element("buildSpec", {}, [
        builder("genmakebuilder", "clean,full,incremental,"),
        builder("ScannerConfigBuilder", "full,incremental,"),
      ]),
      element("natures", {}, [
        textElement("nature", "org.eclipse.cdt.core.cnature"),
        textElement("nature", "org.eclipse.cdt.managedbuilder.core.managedBuildNature"),
        textElement("nature", "org.eclipse.cdt.managedbuilder.core.ScannerConfigNature"),
      ]),
    ]),
  );

/** Everything of Eclipse's managed build hangs on names of the cross compiler's toolchain. */
const toolchain = "cdt.managedbuild.toolchain.gnu.cross.base";
const configuration = `${toolchain}.1`;
const crossGcc = "cdt.managedbuild";

const module = (moduleId: string, children: readonly XmlNode[] = [], more: Readonly<Record<string, string>> = {}) =>
  element("storageModule", { moduleId, ...more }, children);

const parser = (name: string, kind = "ErrorParser"): XmlNode =>
  element("extension", { id: `org.eclipse.cdt.core.${name}`, point: `org.eclipse.cdt.core.${kind}` });

const listValue = (value: string): XmlNode => element("listOptionValue", { builtIn: "false", value });

/** Headers of the SDK, for the editor; the makefile finds them itself. */
function includePaths({ includes }: EclipseFacts): XmlNode[] {
  const sdk = [
    "CMSIS/Include",
    "CMSIS/Device/Maxim/${TARGET}/Include",
    "PeriphDrivers/Include/${TARGET}",
    "Boards/${TARGET}/Include",
    "Boards/${TARGET}/${BOARD}/Include",
  ].map((path) => `"\${MAXIM_PATH}/Libraries/${path}"`);
  const given = includes.trim();
  const own = given.startsWith("<") ? [given] : given.split(/\s+/).filter(Boolean).map(listValue);
  return [...sdk.map(listValue), ...own];
}

const listOption = (superClass: string, valueType: string, values: readonly XmlNode[]): XmlNode =>
  element("option", { id: `${superClass}.1`, superClass, valueType, useByScannerDiscovery: "false" }, values);

const tool = (name: string, children: readonly XmlNode[] = []): XmlNode =>
  element("tool", { id: `${crossGcc}.tool.gnu.cross.${name}.1`, superClass: `${crossGcc}.tool.gnu.cross.${name}` }, [
    ...children,
  ]);

function toolChain(facts: EclipseFacts): XmlNode {
  const named = (kind: string) => ({ id: `${crossGcc}.${kind}.1`, superClass: `${crossGcc}.${kind}` });
  const compilerInput = "cdt.managedbuild.tool.gnu.c.compiler.input";
  return element("toolChain", { id: `${toolchain}.2`, name: "Cross GCC", superClass: toolchain }, [
    element("targetPlatform", {
      ...named("targetPlatform.gnu.cross"),
      archList: "all",
      osList: "all",
      binaryParser: "org.eclipse.cdt.core.ELF",
      isAbstract: "false",
    }),
    element("builder", {
      ...named("builder.gnu.cross"),
      name: "Gnu Make Builder",
      managedBuildOn: "false",
      keepEnvironmentInBuildfile: "false",
      incrementalBuildTarget: "all -r -j 8",
    }),
    tool("c.compiler", [
      listOption("gnu.c.compiler.option.include.paths", "includePath", includePaths(facts)),
      listOption("gnu.c.compiler.option.preprocessor.def.symbols", "definedSymbols", facts.defines.map(listValue)),
      element("inputType", { id: `${compilerInput}.1`, superClass: compilerInput }),
    ]),
    tool("c.linker"),
    tool("archiver"),
    tool("assembler"),
  ]);
}

const buildFile = (facts: EclipseFacts): string =>
  xmlDocument(
    element("cproject", { storage_type_id: "org.eclipse.cdt.core.XmlProjectDescriptionStorage" }, [
      module("org.eclipse.cdt.core.settings", [
        element("cconfiguration", { id: configuration }, [
          module(
            "org.eclipse.cdt.core.settings",
            [
              element("externalSettings"),
              element("extensions", {}, [
                parser("ELF", "BinaryParser"),
                ...["GASErrorParser", "GmakeErrorParser", "GLDErrorParser", "CWDLocator", "GCCErrorParser"].map(
                  (name) => parser(name),
                ),
              ]),
            ],
            {
              buildSystemId: "org.eclipse.cdt.managedbuilder.core.configurationDataProvider",
              id: configuration,
              name: "Default",
            },
          ),
          module("cdtBuildSystem", [buildConfiguration(facts)], { version: "4.0.0" }),
          module("org.eclipse.cdt.core.externalSettings"),
        ]),
      ]),
      module("cdtBuildSystem", [element("project", { id: `${facts.project}.null.1`, name: facts.project })], {
        version: "4.0.0",
      }),
      module("org.eclipse.cdt.core.LanguageSettingsProviders"),
      module("scannerConfiguration"),
    ]),
    ["<?fileVersion 4.0.0?>"],
  );

const buildConfiguration = (facts: EclipseFacts): XmlNode =>
  element(
    "configuration",
    {
      artifactName: "${ProjName}",
      buildProperties: "",
      id: configuration,
      name: "Default",
      parent: "org.eclipse.cdt.build.core.emptycfg",
    },
    [
      element("folderInfo", { id: `${configuration}.1`, name: "/", resourcePath: "" }, [toolChain(facts)]),
      element("sourceEntries", {}, [element("entry", { flags: "VALUE_WORKSPACE_PATH", kind: "sourcePath", name: "" })]),
    ],
  );

/** Environment of the build; a variable of the same name outside counts for less. */
function variablesFile({ project, device, board, variables }: EclipseFacts): string {
  const own = variables.map((text): [string, string] => {
    const at = text.indexOf("=");
    return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
  });
  const values: readonly [string, string][] = [["BOARD", board], ["PROJECT", project], ["TARGET", device.name], ...own];
  const prefix = `environment/project/${configuration}`;
  return [
    "eclipse.preferences.version=1",
    ...values.flatMap(([name, value]) => [
      `${prefix}/${name}/delimiter=;`,
      `${prefix}/${name}/operation=replace`,
      `${prefix}/${name}/value=${value.replaceAll("\\", "\\\\")}`,
    ]),
    `${prefix}/append=true`,
    `${prefix}/appendContributed=true`,
    "",
  ].join("\n");
}

const openOcdPort = 3333;

function launchFile(facts: EclipseFacts): string {
  const { project, device, riscv } = facts;
  const part = device.name.toLowerCase();
  const probe = facts.openOcd ?? `-f interface/cmsis-dap.cfg -f target/${part}.cfg`;
  const openOcd = "ilg.gnumcueclipse.debug.gdbjtag.openocd";
  const jtag = "org.eclipse.cdt.debug.gdbjtag.core";
  const launch = "org.eclipse.cdt.launch";
  const text = (key: string, value: string) => element("stringAttribute", { key, value });
  const yes = (key: string, value = true) => element("booleanAttribute", { key, value: String(value) });
  const count = (key: string, value: number) => element("intAttribute", { key, value: String(value) });
  const list = (key: string, value: string) => element("listAttribute", { key }, [element("listEntry", { value })]);
  const svd = `\${MAXIM_PATH}/Libraries/CMSIS/Device/Maxim/${device.name}/Include/${part}.svd`;
  return xmlDocument(
    element("launchConfiguration", { type: `${openOcd}.launchConfigurationType` }, [
      yes(`${openOcd}.doContinue`),
      yes(`${openOcd}.doDebugInRam`, false),
      yes(`${openOcd}.doFirstReset`),
      yes(`${openOcd}.doSecondReset`, false),
      yes(`${openOcd}.doStartGdbCLient`),
      yes(`${openOcd}.doStartGdbServer`),
      yes(`${openOcd}.doGdbServerAllocateConsole`),
      yes(`${openOcd}.enableSemihosting`, false),
      text(`${openOcd}.firstResetType`, "init"),
      text(`${openOcd}.gdbClientOtherCommands`, "set mem inaccessible-by-default off"),
      text(`${openOcd}.gdbServerExecutable`, "openocd"),
      text(`${openOcd}.gdbServerOther`, `-s \${TOOLCHAIN_PATH}/OpenOCD/scripts ${probe}`),
      count(`${openOcd}.gdbServerGdbPortNumber`, openOcdPort),
      text("ilg.gnumcueclipse.debug.gdbjtag.svdPath", svd),
      text(`${jtag}.ipAddress`, "localhost"),
      count(`${jtag}.portNumber`, openOcdPort),
      text(`${jtag}.jtagDevice`, "GNU MCU OpenOCD"),
      yes(`${jtag}.loadImage`),
      yes(`${jtag}.loadSymbols`),
      yes(`${jtag}.useProjBinaryForImage`),
      yes(`${jtag}.useProjBinaryForSymbols`),
      yes(`${jtag}.useRemoteTarget`),
      yes(`${jtag}.setStopAt`),
      text(`${jtag}.stopAt`, "main"),
      text("org.eclipse.cdt.dsf.gdb.DEBUG_NAME", "arm-none-eabi-gdb"),
      text(`${launch}.PROGRAM_NAME`, `build/${project}${riscv ? "-combined" : ""}.elf`),
      text(`${launch}.PROJECT_ATTR`, project),
      count(`${launch}.ATTR_BUILD_BEFORE_LAUNCH_ATTR`, 2),
      list("org.eclipse.debug.core.MAPPED_RESOURCE_PATHS", `/${project}`),
      list("org.eclipse.debug.core.MAPPED_RESOURCE_TYPES", "4"),
      text("process_factory_id", "org.eclipse.cdt.dsf.gdb.GdbProcessFactory"),
    ]),
  );
}
