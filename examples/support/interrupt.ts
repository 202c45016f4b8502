/**
 * Turns Ctrl-C into an AbortSignal, for examples that report what they have reached before they end. Used by char-gpt,
 * mnist and tune.
 */

/** Ctrl-C aborts `signal` and prints `notice`; a second one ends the program. `end` restores the default behavior. */
export function onInterrupt(notice: string): { readonly signal: AbortSignal; readonly end: () => void } {
  const controller = new AbortController();
  const interrupt = (): void => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
    console.error(`\ninterrupted: ${notice}; press Ctrl-C again to quit immediately`);
  };
  process.on("SIGINT", interrupt);
  return { signal: controller.signal, end: () => process.off("SIGINT", interrupt) };
}
