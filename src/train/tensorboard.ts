/**
 * Event files for TensorBoard: EventWriter for any program, and the TensorBoard callback for Trainer. The encoding is
 * in event-format.ts.
 */

import { type FileHandle, open } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { checkInteger } from "../core/option-checks.js";
import { fileError, makeFolder } from "../io/files.js";
import type { Callback, Run } from "./callback.js";
import { encodeEvent, encodeRecord, type TensorBoardEvent } from "./event-format.js";
import type { Logs } from "./types.js";

let files = 0;

/**
 * A file of numbers over steps that TensorBoard reads. Numbers are kept in memory until `flush`.
 *
 * ```ts
 * const writer = await EventWriter.create("runs/first");
 * writer.add(step, { loss });
 * await writer.close();
 * ```
 */
export class EventWriter {
  /** The path of the file. */
  readonly path: string;
  readonly #file: FileHandle;
  #pending: Uint8Array[] = [];
  #pendingBytes = 0;
  #writing: Promise<unknown> = Promise.resolve();

  private constructor(path: string, file: FileHandle) {
    this.path = path;
    this.#file = file;
  }

  /**
   * Begins a new file in a folder, which is made if it is not there.
   *
   * @param restartAt - the step at which a run goes on: TensorBoard then ignores later steps of earlier files
   * @throws FileError if the file cannot be made
   */
  static async create(folder: string, { restartAt }: { readonly restartAt?: number } = {}): Promise<EventWriter> {
    const seconds = Math.floor(Date.now() / 1000)
      .toString()
      .padStart(10, "0");
    const path = join(folder, `events.out.tfevents.${seconds}.${hostname()}.${process.pid}.${files++}`);
    try {
      await makeFolder(folder, "EventWriter");
      const writer = new EventWriter(path, await open(path, "ax"));
      writer.#push({ wallTime: Date.now() / 1000, step: 0, fileVersion: "brain.Event:2" });
      if (restartAt !== undefined) writer.#push({ wallTime: Date.now() / 1000, step: restartAt, restarted: true });
      await writer.flush();
      return writer;
    } catch (error) {
      throw fileError("EventWriter: cannot write", path, error);
    }
  }

  /**
   * Adds numbers of one step, by tag.
   *
   * @throws ArgumentError if the step is not an integer of 0 or more
   */
  add(step: number, scalars: Readonly<Record<string, number>>, wallTime: number = Date.now() / 1000): void {
    checkInteger("EventWriter", "step", step, 0);
    this.#push({ wallTime, step, scalars });
  }

  /** Writes the pending numbers to the file. @throws FileError if the file cannot be written */
  async flush(): Promise<void> {
    const bytes = Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingBytes = 0;
    try {
      // One after the other: records must not mix.
      this.#writing = this.#writing.then(() => this.#file.appendFile(bytes));
      await this.#writing;
    } catch (error) {
      throw fileError("EventWriter: cannot write", this.path, error);
    }
  }

  /** Writes the pending numbers and closes the file. @throws FileError if the file cannot be written */
  async close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      await this.#file.close();
    }
  }

  /** Whether 64 KiB or more are pending, which is when the TensorBoard callback flushes. */
  get isFull(): boolean {
    return this.#pendingBytes >= 2 ** 16;
  }

  #push(event: TensorBoardEvent): void {
    const record = encodeRecord(encodeEvent(event));
    this.#pending.push(record);
    this.#pendingBytes += record.length;
  }
}

/** Options of `TensorBoard`. */
export interface TensorBoardOptions {
  /** Write the loss of every so many steps. Default 1. */
  readonly everySteps?: number;
}

/**
 * Writes losses and learning rates of the steps (`step/loss`, `step/lr`) and the numbers of the epochs (`epoch/loss`,
 * `epoch/valLoss`, ...) for TensorBoard, all over the steps of the run. A resumed run continues in a new file, and
 * TensorBoard ignores later steps of the earlier files.
 *
 * @throws ArgumentError if an option is out of range
 */
export class TensorBoard implements Callback {
  readonly #folder: string;
  readonly #everySteps: number;
  #writer: EventWriter | null = null;

  /**
   * @param folder - for the event files; made if it does not exist
   * @throws ArgumentError if an option is out of range
   */
  constructor(folder: string, { everySteps = 1 }: TensorBoardOptions = {}) {
    checkInteger("TensorBoard", "everySteps", everySteps, 1);
    this.#folder = folder;
    this.#everySteps = everySteps;
  }

  async onFitStart({ resumed, step }: Run): Promise<void> {
    this.#writer = await EventWriter.create(this.#folder, resumed ? { restartAt: step + 1 } : {});
  }

  async onStepEnd({ step, optimizer }: Run, loss: number): Promise<void> {
    if (step % this.#everySteps !== 0) return;
    this.#writer?.add(step, { "step/loss": loss, "step/lr": optimizer.lr });
    if (this.#writer?.isFull) await this.#writer.flush();
  }

  async onEpochEnd({ step }: Run, logs: Logs): Promise<void> {
    this.#writer?.add(step, Object.fromEntries(Object.entries(logs).map(([name, value]) => [`epoch/${name}`, value])));
    await this.#writer?.flush();
  }

  async onClose(): Promise<void> {
    const writer = this.#writer;
    this.#writer = null;
    await writer?.close();
  }
}
