/** The test of one page of docs/how-to. Each page has a test file that calls it. */
import { expect, test } from "vitest";
import { loadPage, runPage } from "../../scripts/how-to/run.js";
import { skipWithout } from "../support/required.js";

/** Milliseconds that a page may take on a busy machine. */
const pageTimeout = 600_000;

/**
 * Follows a page in a scratch copy of the project.
 *
 * @param page - the name of the file in docs/how-to without `.md`
 * @param missing - the tools that the page needs and that are missing; "" if nothing is missing. The test is then skipped,
 *   or fails if WENGERT_REQUIRE_TOOLS is 1
 */
export function testPage(page: string, missing = ""): void {
  const skipped = skipWithout("TOOLS", missing === "");
  const reason = skipped ? ` (skipped without ${missing})` : "";
  test.skipIf(skipped)(
    `docs/how-to/${page}.md can be followed literally${reason}`,
    async () => {
      const steps: string[] = [];
      const failure = await runPage(loadPage(page), { log: (line) => steps.push(line) });
      const { step, kind, message } = failure ?? {};
      expect(failure, `${step?.place}: ${kind}: ${message}\n${steps.join("\n")}`).toBeNull();
    },
    pageTimeout,
  );
}
