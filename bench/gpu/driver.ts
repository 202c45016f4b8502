/** Drives the process that runs rows (worker.ts), and replaces it after a row that crashed, hung or broke the device. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Answer, Question } from "./worker.js";

/** worker.ts where tsx runs this file, worker.js where it was compiled. */
const worker = fileURLToPath(new URL(import.meta.url.endsWith(".ts") ? "worker.ts" : "worker.js", import.meta.url));

export class Driver {
  readonly #program: string;
  #worker: ChildProcess | null = null;

  /** @param program - another worker, for tests */
  constructor(program: string = worker) {
    this.#program = program;
  }

  /** Asks the worker. An answer that does not come in time, or a worker that ends, is an error. */
  async ask(question: Question, milliseconds: number): Promise<Answer> {
    if (!this.#worker?.connected) {
      this.end();
      if (question.ask === "again") return { error: "crashed between its two runs", noKernel: false };
    }
    const worker = this.#worker ?? fork(this.#program, { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    this.#worker = worker;
    const answer = await new Promise<Answer>((resolve) => {
      const timer = setTimeout(() => {
        finish({ error: `hung: stopped after ${Math.round(milliseconds / 100) / 10} s`, noKernel: false });
      }, milliseconds);
      // Both have happened: an answer that was sent before the end has been read.
      const ended = (): void => {
        const { exitCode, signalCode, connected } = worker;
        if (connected || (exitCode === null && signalCode === null)) return;
        finish({ error: `crashed: the process ended with ${signalCode ?? `status ${exitCode}`}`, noKernel: false });
      };
      const failed = (error: Error): void => finish({ error: `crashed: ${error.message}`, noKernel: false });
      const finish = (result: Answer): void => {
        clearTimeout(timer);
        worker.off("message", finish).off("exit", ended).off("disconnect", ended).off("error", failed);
        resolve(result);
      };
      worker.on("message", finish).on("exit", ended).on("disconnect", ended).on("error", failed);
      worker.send(question, (error) => {
        if (error) failed(error);
      });
    });
    // After an error of the device, such as an illegal address, all later calls of that process fail.
    if ("error" in answer && !answer.noKernel) this.end();
    return answer;
  }

  end(): void {
    this.#worker?.removeAllListeners();
    this.#worker?.on("error", () => {});
    this.#worker?.kill("SIGKILL");
    this.#worker = null;
  }
}
