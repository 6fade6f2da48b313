import { recordedSuite } from "./recorded-suite.ts";

recordedSuite("all recorded descriptions", () => true);
