import { describe } from "vitest";
import { checkRecordings } from "./simulator-suite.ts";

describe("all recorded programs in the simulator", () => checkRecordings(1));
