/**
 * A progress bar for the mnist example, which has its own loop, and for downloads. Examples with Trainer pass it a
 * ProgressBar instead.
 */
import cliProgress from "cli-progress";

/**
 * Shows how far something has come: a bar on standard error, so that what goes to standard output can be piped. If
 * standard error is not a terminal, it shows nothing.
 */
export class Progress {
  #bar: cliProgress.SingleBar | null = null;

  /** Draws the bar, a new one after `stop`. */
  show(label: string, value: number, total: number, note: string): void {
    if (!process.stderr.isTTY) return;
    if (this.#bar === null) {
      const format = "{label} {bar} {percentage}%  {eta_formatted} left  {note}";
      this.#bar = new cliProgress.SingleBar(
        // The terminal's settings stay as they are, so that nothing is left to restore when the program is ended.
        { format, barsize: 24, clearOnComplete: true, linewrap: null, gracefulExit: false, etaBuffer: 50 },
        cliProgress.Presets.shades_classic,
      );
      this.#bar.start(total, 0, { label, note });
    }
    this.#bar.update(value, { label, note });
  }

  /** Takes the bar away. */
  stop(): void {
    this.#bar?.stop();
    this.#bar = null;
  }
}
