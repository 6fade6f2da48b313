import { existsSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { KnownAnswerBlock } from "../../targets/index.ts";
import type { Diagnostic } from "../../dsl/diagnostic.ts";
import type { RunningCheck, Verifier } from "../compile.ts";
import { verifyProgram, type ProgramCheck } from "../verify-program.ts";

/** What a thread is told, in this order: the program once, results of layers, the known answer once. */
export type ThreadMessage =
  | { readonly kind: "check"; readonly check: ProgramCheck }
  | { readonly kind: "tensor"; readonly layer: number; readonly values: Int32Array }
  | { readonly kind: "answer"; readonly knownAnswer: readonly KnownAnswerBlock[] };

/**
 * Simulates programs in a thread of its own. The first thread starts at once, so that it is ready when there is a
 * program. null: where only one thing can run at a time, and from sources, which a thread could not load.
 */
export function verifierThread(folder: string = fileURLToPath(new URL(".", import.meta.url))): Verifier | null {
  const script = join(folder, "thread.cjs");
  if (!existsSync(script) || availableParallelism() < 2) return null;
  let ready: Thread | null = new Thread(script);
  return {
    start: (check) => {
      const thread = ready ?? new Thread(script);
      ready = null;
      return runIn(thread, check);
    },
  };
}

/** The program in a thread, or should that fail, here. */
function runIn(thread: Thread, check: ProgramCheck): RunningCheck {
  const tensors = new Map<number, Int32Array>();
  thread.tell({ kind: "check", check });
  return {
    tensor: (layer, values) => {
      tensors.set(layer, values);
      thread.tell({ kind: "tensor", layer, values });
    },
    finish: async (knownAnswer) => {
      thread.tell({ kind: "answer", knownAnswer });
      const found = await thread.result();
      return found ?? verifyProgram(check, { tensor: (layer) => tensors.get(layer), knownAnswer: () => knownAnswer });
    },
  };
}

/** Sleeps until it is told something; does not keep the process alive unless its result is waited for. */
class Thread {
  readonly #worker: Worker;
  /** Number of messages sent: the thread sleeps until it changes. */
  readonly #sent = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  readonly #result: Promise<readonly Diagnostic[] | null>;

  constructor(script: string) {
    this.#worker = new Worker(script, { workerData: this.#sent });
    this.#result = new Promise((settle) => {
      this.#worker.once("message", (found: readonly Diagnostic[]) => settle(found));
      this.#worker.once("error", () => settle(null));
      this.#worker.once("exit", () => settle(null));
    });
    this.#worker.unref(); // a listener for messages would keep the process alive
  }

  tell(message: ThreadMessage): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
    this.#worker.postMessage(message);
    Atomics.add(this.#sent, 0, 1);
    Atomics.notify(this.#sent, 0);
  }

  /** What differs; null when the thread failed. */
  result(): Promise<readonly Diagnostic[] | null> {
    this.#worker.ref();
    return this.#result;
  }
}
