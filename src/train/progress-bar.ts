/**
 * The ProgressBar callback for terminals. Users pass it to Trainer. It only draws; the numbers come from the run that
 * calls it.
 */
import cliProgress from "cli-progress";
import type { Callback, Run } from "./callback.js";
import type { Logs } from "./types.js";

/** The stream on which a progress bar is drawn: the part of `process.stderr` that it needs. */
export interface ProgressStream {
  /** True for a terminal; on other streams no bar is drawn. */
  readonly isTTY?: boolean;
  /** Writes text to the stream. */
  write(text: string): unknown;
}

/**
 * Shows the progress of an epoch, and its numbers at the end, on standard error, so that standard output can be piped.
 * If standard error is not a terminal, there is only the line after each epoch.
 */
export class ProgressBar implements Callback {
  readonly #stream: ProgressStream;
  #bar: cliProgress.SingleBar | null = null;
  #started = 0;

  /** @param stream - where to draw. Default: standard error */
  constructor(stream: ProgressStream = process.stderr) {
    this.#stream = stream;
  }

  onFitStart(): void {
    this.#started = performance.now();
  }

  onStepEnd({ epoch, epochs, batch, batches }: Run, loss: number): void {
    if (!this.#stream.isTTY || batches === null) return;
    const label = { label: `epoch ${epoch}/${epochs}`, note: `loss ${loss.toFixed(4)}` };
    if (this.#bar === null) {
      const format = "{label} {bar} {percentage}%  {eta_formatted} left  {note}";
      this.#bar = new cliProgress.SingleBar(
        // The terminal's settings stay as they are, so that nothing is left to restore when the program is ended.
        {
          ...{ format, stream: this.#stream as NodeJS.WriteStream, barsize: 24, clearOnComplete: true },
          ...{ linewrap: null, gracefulExit: false, etaBuffer: 50 },
        },
        cliProgress.Presets.shades_classic,
      );
      this.#bar.start(batches, batch, label);
    }
    this.#bar.update(batch, label);
  }

  onEpochEnd({ epoch, epochs }: Run, logs: Logs): void {
    this.onClose();
    const numbers = Object.entries(logs).map(([name, value]) => `${name} ${Number(value.toPrecision(4))}`);
    const seconds = ((performance.now() - this.#started) / 1000).toFixed(0);
    this.#stream.write(`epoch ${epoch}/${epochs}: ${numbers.join(", ")}, ${seconds} s\n`);
  }

  onClose(): void {
    this.#bar?.stop();
    this.#bar = null;
  }
}
