/**
 * PyTorch beside Wengert: one Python process (bench/peers/torch_rows.py), driven row by row. A request is a line of JSON
 * on its standard input, the answer a line on its standard output. A process that dies or hangs is replaced.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { Effort, Timing } from "./measure.js";
import type { Row } from "./rows.js";
import type { SampleFiles } from "./samples.js";

/** What PyTorch is, and how it computes. */
export interface PeerInfo {
  readonly torch: string;
  readonly cuda: string | null;
  readonly device: string;
  /** Settings that every row has, in words. */
  readonly settings: string;
}

/** How far the compared results are from PyTorch's in float64. */
export interface Difference {
  /** ||ours - reference|| / ||reference||, the largest of the results. */
  readonly error: number;
  /** The largest error of an element, as a part of what its size and that of all elements allow. */
  readonly worst: number;
  /** What `error` may be. */
  readonly allowed: number;
}

export interface PeerAnswer {
  /** By variant: "eager", or the layouts of a convolution. */
  readonly timings: Readonly<Record<string, Timing | { readonly error: string }>>;
  /** The math mode of products: "ieee", "tf32", "bf16". */
  readonly mode: string;
  readonly difference: Difference | { readonly error: string } | null;
}

export interface PeerRequest {
  readonly row: Row;
  readonly effort: Effort;
  readonly variants: readonly string[];
  readonly sample: SampleFiles | null;
}

type Process = ChildProcessByStdio<Writable, Readable, null>;

const script = fileURLToPath(new URL("../peers/torch_rows.py", import.meta.url));

export class Peer {
  readonly #python: string;
  #process: Process | null = null;
  #answer: ((line: string | null) => void) | null = null;

  constructor(python: string) {
    this.#python = python;
  }

  /** What PyTorch is here; a text where there is none, which says why. */
  async hello(milliseconds: number): Promise<PeerInfo | string> {
    const answer = await this.#ask({ hello: true }, milliseconds);
    return typeof answer === "string" ? answer : (answer as PeerInfo);
  }

  /** Times a row and compares the sample; a text where that failed, which says why. */
  async row(request: PeerRequest, milliseconds: number): Promise<PeerAnswer | string> {
    const answer = await this.#ask(request, milliseconds);
    return typeof answer === "string" ? answer : (answer as PeerAnswer);
  }

  /** Ends the process. */
  end(): void {
    this.#process?.kill("SIGKILL");
    this.#process = null;
  }

  async #ask(request: object, milliseconds: number): Promise<unknown> {
    const process = this.#start();
    let timer: NodeJS.Timeout | undefined;
    const line = await new Promise<string | null>((resolve) => {
      this.#answer = resolve;
      timer = setTimeout(() => {
        this.end();
        resolve("timeout");
      }, milliseconds);
      process.stdin.write(`${JSON.stringify(request)}\n`);
    });
    clearTimeout(timer);
    this.#answer = null;
    if (line === null) return `${this.#python} ended`;
    if (line === "timeout") return `PyTorch took more than ${milliseconds / 1000} s`;
    try {
      const answer: { error?: string } = JSON.parse(line);
      return answer.error ?? answer;
    } catch {
      this.end(); // what it says next belongs to nothing
      return `${this.#python} answered with what is not JSON: ${line.slice(0, 80)}`;
    }
  }

  #start(): Process {
    if (this.#process !== null) return this.#process;
    const started = spawn(this.#python, [script], { stdio: ["pipe", "pipe", "inherit"] });
    const isCurrent = (): boolean => this.#process === started;
    const end = (): void => {
      if (!isCurrent()) return;
      this.#process = null;
      this.#answer?.(null);
    };
    started.on("error", end);
    started.on("exit", end);
    // Writing to a process that has ended is an error of the stream; `exit` tells of it.
    started.stdin.on("error", () => {});
    createInterface({ input: started.stdout }).on("line", (line) => {
      if (isCurrent()) this.#answer?.(line);
    });
    this.#process = started;
    return started;
  }
}
