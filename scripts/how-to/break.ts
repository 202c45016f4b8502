/**
 * The ways to break a page of docs/how-to: each step that changes something is left out, and each change of its break
 * comments is made. A page is good if its own commands notice all of them. Used by main.ts and tests/how-to.
 */
import type { Page } from "./page.js";
import { type Failure, type RunOptions, runPage } from "./run.js";

/** One way to break a page. */
export interface Breakage {
  readonly step: number;
  readonly name: string;
  readonly options: RunOptions;
}

/** All breakages of a page, in the order of its steps. A check is not left out: it changes nothing that others could notice. */
export const breakagesOf = (page: Page): Breakage[] =>
  page.steps.flatMap(({ number, title, block }) => {
    if (block.kind === "commands" && block.check) return [];
    const leftOut = { step: number, name: `step ${number} (${title}) left out`, options: { leaveOut: number } };
    const changes = block.kind === "file" ? block.corruptions : [];
    const corrupted = changes.map((change) => ({
      step: number,
      name: `step ${number} (${title}) with \`${change.from}\` as \`${change.to}\``,
      options: { corrupt: { step: number, change } },
    }));
    return [leftOut, ...corrupted];
  });

/**
 * Runs a page with a breakage.
 *
 * @param timeout - milliseconds that all commands together may take
 * @returns the first failure; null if no command failed
 */
export const runBroken = (page: Page, { options }: Breakage, timeout?: number): Promise<Failure | null> =>
  runPage(page, { ...options, timeout });

/** The checks of a page, by number, that were never the first to notice a failure. */
export const idleChecks = (page: Page, failures: readonly (Failure | null)[]): number[] =>
  page.steps
    .filter(({ block }) => block.kind === "commands" && block.check)
    .map(({ number }) => number)
    .filter((number) => !failures.some((failure) => failure?.step.number === number));
