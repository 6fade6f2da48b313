import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["ai8xc-source"] },
  ssr: { resolve: { conditions: ["ai8xc-source"] } },
  test: {
    include: ["{targets,dsl,runtime,compiler,test}/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/*.slow.test.ts"],
    testTimeout: 60_000,
  },
});
