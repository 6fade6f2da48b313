import { describeImported } from "./imported-suite.ts";

describeImported("MAX78002");
