/** The test of one page of docs/how-to. Each page has a test file that calls it. */
import { expect, test } from "vitest";
import { isSkipped, loadPage, runPage } from "../../scripts/how-to/run.js";
import { skipWithout } from "../support/required.js";

/** Milliseconds that a page may take on a busy machine. */
export const pageTimeout = 600_000;

/** Milliseconds that its commands may take. The test then has time to report which command was stopped. */
export const commandsTimeout = pageTimeout - 30_000;

/**
 * Follows a page in a scratch copy of the project.
 *
 * @param name - the name of the file in docs/how-to without `.md`
 * @param missing - the tools that the page needs and that are missing; "" if nothing is missing. The test is then skipped,
 *   or fails if WENGERT_REQUIRE_TOOLS is 1
 */
export function testPage(name: string, missing = ""): void {
  const page = loadPage(name);
  const skipped = skipWithout("TOOLS", missing === "");
  const reason = skipped ? ` (skipped: ${missing} not found)` : "";
  test.skipIf(skipped)(
    `docs/how-to/${name}.md can be followed literally${reason}`,
    async () => {
      const steps: string[] = [];
      const failure = await runPage(page, { timeout: commandsTimeout, log: (line) => steps.push(line) });
      const { step, kind, message } = failure ?? {};
      expect(failure, `${step?.place}: ${kind}: ${message}\n${steps.join("\n")}`).toBeNull();
    },
    pageTimeout,
  );
  // A step without nvcc is a skipped test, so that it is in the list of what was not tested.
  for (const { number, title } of skipped ? [] : page.steps.filter(isSkipped))
    test.skip(`docs/how-to/${name}.md, step ${number}: ${title} (skipped: nvcc not found)`);
}
