/**
 * Follows a page of docs/how-to in a scratch copy of the project.
 *
 *     npm run how-to -- PAGE [--break all|N] [--keep]
 *
 * --break   follow the page once for each way to break it: leave out each step that changes something, and make each change
 *           in a break comment. N is a step number. Prints which check noticed each breakage, and fails if one was not
 *           noticed, or was noticed only because a later block no longer found its place ("anchor")
 * --keep    keep the scratch copy and print its path
 */
import { parseArgs } from "node:util";
import { breakagesOf, idleChecks, runBroken } from "./break.js";
import type { Page } from "./page.js";
import { type Failure, loadPage, pageNames, runPage } from "./run.js";

const usage = `usage: npm run how-to -- PAGE [--break all|N] [--keep]; pages: ${pageNames().join(", ")}`;

const seconds = (start: number): string => `${((Date.now() - start) / 1000).toFixed(1)} s`;

/** The last lines of a failure's message. */
const tail = ({ message }: Failure, count: number): string => message.split("\n").slice(-count).join("\n");

/** Follows a page as it is; returns whether it succeeded. */
async function follow(page: Page, keep: boolean): Promise<boolean> {
  const start = Date.now();
  const failure = await runPage(page, { keep, log: console.log });
  if (failure !== null) console.error(`${failure.step.place}: ${failure.kind}: ${failure.message}`);
  console.log(`${page.name}: ${failure === null ? "ok" : "FAILED"}, ${seconds(start)}`);
  return failure === null;
}

/** Follows a page once for each breakage; returns whether all of them were noticed by a check. */
async function breakAll(page: Page, which: string): Promise<boolean> {
  const chosen = breakagesOf(page).filter(({ step }) => which === "all" || step === Number(which));
  if (chosen.length === 0) throw new Error(`how-to: step ${which} of ${page.name} cannot be broken\n${usage}`);
  const failures: (Failure | null)[] = [];
  for (const breakage of chosen) {
    const start = Date.now();
    const failure = await runBroken(page, breakage);
    failures.push(failure);
    const result =
      failure === null ? "NOT NOTICED" : `${failure.kind} at step ${failure.step.number} (${failure.step.title})`;
    console.log(`${breakage.name}: ${result}, ${seconds(start)}`);
    if (failure !== null && which !== "all") console.log(tail(failure, 30));
  }
  const bad = failures.filter((failure) => failure === null || failure.kind === "anchor").length;
  const idle = which === "all" ? idleChecks(page, failures) : [];
  if (idle.length > 0) console.log(`checks that were never the first to fail: steps ${idle.join(", ")}`);
  console.log(`${page.name}: ${chosen.length} breakages, ${bad} not noticed by a command`);
  return bad === 0;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { break: { type: "string" }, keep: { type: "boolean", default: false } },
});
if (positionals.length !== 1) {
  console.error(usage);
  process.exitCode = 1;
} else {
  const page = loadPage(positionals[0]);
  const ok = values.break === undefined ? await follow(page, values.keep) : await breakAll(page, values.break);
  process.exitCode = ok ? 0 : 1;
}
