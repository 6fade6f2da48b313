import { receiveMessageOnPort, type MessagePort } from "node:worker_threads";
import type { KnownAnswerBlock } from "../../targets/index.ts";
import { verifyProgram, type ProgramCheck } from "../verify-program.ts";
import type { ThreadMessage } from "./verifier-thread.ts";

/** Simulates the program that `port` brings and posts what differs. Sleeps where the reference is behind. */
export function verifyInThread(port: MessagePort, sent: Int32Array): void {
  const inbox = new Inbox(port, sent);
  const check = inbox.check();
  port.postMessage(verifyProgram(check, inbox));
}

/** Reads messages as they are needed: a thread that computes does not turn to events. */
class Inbox {
  readonly #port: MessagePort;
  readonly #sent: Int32Array;
  readonly #tensors = new Map<number, Int32Array>();
  #check: ProgramCheck | null = null;
  #answer: readonly KnownAnswerBlock[] | null = null;

  constructor(port: MessagePort, sent: Int32Array) {
    this.#port = port;
    this.#sent = sent;
  }

  check(): ProgramCheck {
    while (this.#check === null) this.#read();
    return this.#check;
  }

  /** With the known answer, everything was told. */
  tensor(layer: number): Int32Array | undefined {
    while (!this.#tensors.has(layer) && this.#answer === null) this.#read();
    return this.#tensors.get(layer);
  }

  knownAnswer(): readonly KnownAnswerBlock[] {
    while (this.#answer === null) this.#read();
    return this.#answer;
  }

  #read(): void {
    const message = this.#next();
    if (message.kind === "check") this.#check = message.check;
    else if (message.kind === "tensor") this.#tensors.set(message.layer, message.values);
    else this.#answer = message.knownAnswer;
  }

  #next(): ThreadMessage {
    for (;;) {
      const before = Atomics.load(this.#sent, 0);
      const received = receiveMessageOnPort(this.#port) as { readonly message: ThreadMessage } | undefined;
      if (received !== undefined) return received.message;
      Atomics.wait(this.#sent, 0, before);
    }
  }
}
