/** Turns Ctrl-C and an AbortSignal into a request to end a run. Used by Trainer.fit; the loop asks it between steps. */

/** Asks a run to end, by a signal of the program or by Ctrl-C. */
export interface Interrupt {
  /** Whether the run must end after the current step. */
  readonly requested: boolean;
  /** Takes the handler away again. */
  end(): void;
}

/**
 * Listens for `signal` and, if `sigint` is set, for Ctrl-C. The first Ctrl-C requests the end; the second ends the program at
 * once, as if nobody had listened.
 */
export function listen(signal: AbortSignal | undefined, sigint: boolean, notice: (text: string) => void): Interrupt {
  let asked = false;
  const onSigint = (): void => {
    if (asked) {
      process.off("SIGINT", onSigint);
      process.kill(process.pid, "SIGINT");
      return;
    }
    asked = true;
    notice("interrupted: finishing the step and saving; press Ctrl-C again to quit immediately");
  };
  if (sigint) process.on("SIGINT", onSigint);
  return {
    get requested() {
      return asked || signal?.aborted === true;
    },
    end: () => process.off("SIGINT", onSigint),
  };
}
