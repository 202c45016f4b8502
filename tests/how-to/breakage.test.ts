/**
 * Breaks a page of docs/how-to in one way, a different one each day: the commands of the page must fail. Only pages that
 * build no kernels, which are quick. `npm run how-to -- PAGE --break all` tries every way, for any page.
 */
import { expect, test } from "vitest";
import { breakagesOf, runBroken } from "../../scripts/how-to/break.js";
import { loadPage } from "../../scripts/how-to/run.js";
import { withoutTorch } from "../bench/torch.js";

const pages = withoutTorch ? ["backend"] : ["backend", "layer"];

const all = pages.flatMap((name) => {
  const page = loadPage(name);
  return breakagesOf(page).map((breakage) => ({ page, breakage }));
});

const today = Math.floor(Date.now() / 86_400_000);
const { page, breakage } = all[today % all.length];

test(`docs/how-to/${page.name}.md: the commands notice ${breakage.name}`, async () => {
  const failure = await runBroken(page, breakage);
  expect(failure?.kind).toMatch(/^(command|output)$/);
}, 600_000);
