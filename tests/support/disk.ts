/** Temporary folders for tests that write files. */
import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "vitest";
import { isRequired } from "./required.js";

/** Runs `fn` with an empty folder that is gone afterwards. */
export async function withFolder<T>(fn: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "wengert-test-"));
  try {
    return await fn(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const succeeds = (command: string, ...args: string[]): boolean => {
  try {
    execFileSync(command, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

/**
 * Runs `fn` with a folder on a disk of `kilobytes`: a real one of that size if the user may mount one, otherwise under
 * the system's limit on the size of a file. If neither works, the test is skipped with the reason, or fails if
 * WENGERT_REQUIRE_TOOLS is 1.
 */
export async function withSmallDisk(
  { skip }: Pick<TestContext, "skip">,
  kilobytes: number,
  fn: (folder: string) => Promise<void>,
): Promise<void> {
  await withFolder(async (folder) => {
    const mounted = succeeds("mount", "-t", "tmpfs", "-o", `size=${kilobytes}k`, "tmpfs", folder);
    if (mounted) return await fn(folder).finally(() => succeeds("umount", "-l", folder));
    const limit = (bytes: string): boolean => succeeds("prlimit", `--pid=${process.pid}`, `--fsize=${bytes}:`);
    if (limit(String(1024 * kilobytes))) return await fn(folder).finally(() => limit("unlimited"));
    if (isRequired("TOOLS")) throw new Error("neither mount nor prlimit works here: no full disk to test with");
    return skip("neither mount nor prlimit works here");
  });
}
