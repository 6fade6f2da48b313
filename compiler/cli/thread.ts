import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parentPort, workerData } from "node:worker_threads";
import { runScript } from "./start.ts";
import type { verifyInThread } from "./thread-work.ts";

/** Where a verifier's thread starts: its work lies in a script of its own, with V8's code kept beside it. */
const { exports, keepCode } = runScript(join(fileURLToPath(new URL(".", import.meta.url)), "thread-work.cjs"), "work");
if (parentPort !== null) {
  (exports as { readonly verifyInThread: typeof verifyInThread }).verifyInThread(parentPort, workerData as Int32Array);
  keepCode();
}
