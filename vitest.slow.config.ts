import { defineConfig } from "vitest/config";

/** The heavier suites: whole golden recording, long property runs, mutated files. Run by CI. */
export default defineConfig({
  resolve: { conditions: ["ai8xc-source"] },
  ssr: { resolve: { conditions: ["ai8xc-source"] } },
  test: {
    include: ["{targets,dsl,runtime,compiler,test}/**/*.slow.test.ts"],
    testTimeout: 1_800_000,
  },
});
