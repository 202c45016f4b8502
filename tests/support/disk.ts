/** Temporary folders for tests that write files. */
import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "vitest";

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
 * Runs `fn` with a folder on a disk of `kilobytes`: a real one of that size where the user may mount one.
 * Elsewhere the system's limit on the size of a file stands in for it. Skipped, with the reason, where neither works;
 * on CI one must.
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
    if (process.env.CI === "true") throw new Error("neither mount nor prlimit works here: no full disk to test with");
    return skip("neither mount nor prlimit works here");
  });
}
