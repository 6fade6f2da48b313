import { describe } from "vitest";
import { checkRecordings } from "./simulator-suite.ts";

/** A sample; `simulator.slow.test.ts` runs every recording. */
describe("recorded programs in the simulator", () => checkRecordings(7));
