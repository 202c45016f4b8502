/** Finds data sets outside the project for tests, which are skipped without them. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { TestContext } from "vitest";

/**
 * A folder of the data that lie beside the project, `../shared/data`. Where it is not there the test is skipped, with
 * the reason; on CI it must be there.
 */
export function sharedData({ skip }: Pick<TestContext, "skip">, name: string): string {
  const folder = fileURLToPath(new URL(`../../../shared/data/${name}`, import.meta.url));
  if (existsSync(folder)) return folder;
  if (process.env.CI === "true") throw new Error(`${folder} is missing`);
  return skip(`${folder} is missing`);
}
