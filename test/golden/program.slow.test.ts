import { allCases } from "./load.ts";
import { describePrograms } from "./program-suite.ts";
import { quickCases } from "./quick-cases.ts";

describePrograms(
  "programs equal the recorded ones (all other cases)",
  allCases().filter(({ id }) => !quickCases(id)),
);
