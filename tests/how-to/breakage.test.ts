/**
 * Breaks a page of docs/how-to in one way: the commands of the page must fail. Only pages that build no kernels, which are
 * quick. WENGERT_SEED, an integer of 0 or more (default 0), selects the breakage, so a run does not depend on the day.
 * `npm run how-to -- PAGE --break all` tries every way, for any page.
 */
import { expect, test } from "vitest";
import { breakagesOf, runBroken } from "../../scripts/how-to/break.js";
import { loadPage } from "../../scripts/how-to/run.js";
import { withoutTorch } from "../bench/torch.js";
import { commandsTimeout, pageTimeout } from "./page-test.js";

const pages = withoutTorch ? ["backend"] : ["backend", "layer"];

const all = pages.flatMap((name) => {
  const page = loadPage(name);
  return breakagesOf(page).map((breakage) => ({ page, breakage }));
});

const seed = Number(process.env.WENGERT_SEED || 0);
if (!Number.isSafeInteger(seed) || seed < 0)
  throw new RangeError(`WENGERT_SEED must be an integer of 0 or more, got ${process.env.WENGERT_SEED}`);
const { page, breakage } = all[seed % all.length];

test(
  `docs/how-to/${page.name}.md: the commands notice ${breakage.name}`,
  async () => {
    const failure = await runBroken(page, breakage, commandsTimeout);
    expect(failure?.kind).toMatch(/^(command|output)$/);
  },
  pageTimeout,
);
