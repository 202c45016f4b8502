/**
 * PyTorch beside Wengert: one Python process (bench/peers/torch_rows.py), driven row by row. A request is a line of JSON
 * on its standard input, the answer a line on its standard output. A process that ends or hangs is replaced.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { Effort, Timing } from "./measure.js";
import type { Row } from "./rows.js";
import type { SampleFiles } from "./samples.js";

/** PyTorch's version, and the settings that every row has, in words. */
export interface PeerInfo {
  readonly torch: string;
  readonly cuda: string | null;
  readonly device: string;
  readonly settings: string;
}

/** How far the compared results are from PyTorch's in float64. */
export interface Difference {
  /** ||ours - reference|| / ||reference||, the largest of the results. */
  readonly relativeError: number;
  /** The largest error of an element, as a part of what its own size and that of all elements allow. */
  readonly worst: number;
  /** The limit of `relativeError`. */
  readonly allowed: number;
}

export interface PeerAnswer {
  /** By variant: "eager", or the layouts of a convolution. */
  readonly timings: Readonly<Record<string, Timing | { readonly error: string }>>;
  /** PyTorch's math mode for products: "ieee", "tf32", "bf16". */
  readonly mode: string;
  /** `wrong`: the results cannot be right, such as results of another shape. Otherwise the comparison itself failed. */
  readonly difference: Difference | { readonly error: string; readonly wrong: boolean } | null;
}

export interface PeerRequest {
  readonly row: Row;
  readonly effort: Effort;
  readonly variants: readonly string[];
  /** Sets of operands. */
  readonly sets: number;
  readonly sample: SampleFiles | null;
}

type Process = ChildProcessByStdio<Writable, Readable, null>;

/** A line of the process; or why there is none. */
type Reply = { readonly line: string } | { readonly error: string };

const script = fileURLToPath(new URL("../peers/torch_rows.py", import.meta.url));

export class Peer {
  readonly #python: string;
  #process: Process | null = null;
  #reply: ((reply: Reply) => void) | null = null;

  constructor(python: string) {
    this.#python = python;
  }

  /** PyTorch's version and settings, or a string that says why it is missing. */
  async hello(milliseconds: number): Promise<PeerInfo | string> {
    return (await this.#ask({ hello: true }, milliseconds)) as PeerInfo | string;
  }

  /**
   * Times a row and compares the sample, or returns a string that says why that failed. If the process has to be started
   * first, that may take `startMilliseconds` more.
   */
  async row(request: PeerRequest, milliseconds: number, startMilliseconds = 60_000): Promise<PeerAnswer | string> {
    if (this.#process === null) {
      const info = await this.hello(startMilliseconds);
      if (typeof info === "string") return info;
    }
    return (await this.#ask(request, milliseconds)) as PeerAnswer | string;
  }

  /** Ends the process. */
  end(): void {
    this.#process?.kill("SIGKILL");
    this.#process = null;
  }

  async #ask(request: object, milliseconds: number): Promise<unknown> {
    const process = this.#start();
    let timer: NodeJS.Timeout | undefined;
    const reply = await new Promise<Reply>((resolve) => {
      this.#reply = resolve;
      timer = setTimeout(() => {
        this.end();
        resolve({ error: `took more than ${Math.round(milliseconds / 100) / 10} s` });
      }, milliseconds);
      process.stdin.write(`${JSON.stringify(request)}\n`);
    });
    clearTimeout(timer);
    this.#reply = null;
    if ("error" in reply) return reply.error;
    try {
      const { ending, ...answer }: { error?: string; ending?: boolean } = JSON.parse(reply.line);
      if (ending) this.end();
      return answer.error ?? answer;
    } catch {
      this.end(); // its next answers match no request
      return `${this.#python} returned text that is not JSON: ${reply.line.slice(0, 80)}`;
    }
  }

  #start(): Process {
    if (this.#process !== null) return this.#process;
    const started = spawn(this.#python, [script], { stdio: ["pipe", "pipe", "inherit"] });
    const isCurrent = (): boolean => this.#process === started;
    const end = (error: string): void => {
      if (!isCurrent()) return;
      this.#process = null;
      this.#reply?.({ error });
    };
    started.on("error", (error) => end(error.message));
    // Not "exit": an answer that was written before may still have to be read.
    started.on("close", (code, signal) => end(`${this.#python} ended with ${signal ?? `status ${code}`}`));
    // Writing to a process that has ended is an error of the stream; "close" reports it.
    started.stdin.on("error", () => {});
    createInterface({ input: started.stdout }).on("line", (line) => {
      if (isCurrent()) this.#reply?.({ line });
    });
    this.#process = started;
    return started;
  }
}
