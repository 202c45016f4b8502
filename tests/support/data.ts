/** Finds data sets outside the project for the tests that compare with real data. No test downloads anything. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestContext } from "vitest";
import { skipWithout } from "./required.js";

/** The folder of data sets: $WENGERT_DATA, or `shared/data` beside the checkout. */
const dataFolder = process.env.WENGERT_DATA
  ? resolve(process.env.WENGERT_DATA)
  : fileURLToPath(new URL("../../../shared/data", import.meta.url));

/**
 * The folder of a data set. If it does not exist, the test is skipped with the reason.
 *
 * @throws Error if it does not exist and WENGERT_REQUIRE_DATA is 1
 */
export function sharedData({ skip }: Pick<TestContext, "skip">, name: string): string {
  const folder = join(dataFolder, name);
  if (existsSync(folder)) return folder;
  const reason = `${folder} does not exist; set WENGERT_DATA to a folder that contains ${name}`;
  if (skipWithout("DATA", false)) return skip(reason);
  throw new Error(reason);
}
