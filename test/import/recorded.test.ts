import { recordedSuite } from "./recorded-suite.ts";

recordedSuite("some recorded descriptions", (name, position) => name.startsWith("networks/") || position % 24 === 0);
