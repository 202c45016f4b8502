/**
 * Names of temporary files, and the removal of those that killed programs left. Used by the atomic writes of files.ts.
 */
import { createHash, randomBytes } from "node:crypto";
import { readlinkSync } from "node:fs";
import { readdir, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";

/** `.wengert-PLACE-PID-RANDOM.tmp` */
const pattern = /^\.wengert-([0-9a-f]{8})-(\d+)-[0-9a-f]{12}\.tmp$/;

/** In milliseconds: longer than any file is being written. */
const longest = 24 * 60 * 60 * 1000;

/** Where the number of a process means something: this machine or, on Linux, this container. */
const place = createHash("sha256").update(`${hostname()} ${processNamespace()}`).digest("hex").slice(0, 8);

function processNamespace(): string {
  try {
    return readlinkSync("/proc/self/ns/pid");
  } catch {
    return "";
  }
}

/** @internal The path of a new file in `folder` that replaces another one when it is complete. */
export const temporaryPath = (folder: string): string =>
  join(folder, `.wengert-${place}-${process.pid}-${randomBytes(6).toString("hex")}.tmp`);

/**
 * @internal Removes what programs that were killed left in `folder` while they wrote: temporary files whose process is
 * gone. Those of other machines, whose processes cannot be asked for, go a day after they were last written to.
 *
 * Files that cannot be removed stay; they do no harm.
 */
export async function removeStale(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  for (const name of names) {
    const [, from, pid] = pattern.exec(name) ?? [];
    if (from === undefined) continue;
    const path = join(folder, name);
    const stale = from === place ? !isRunning(Number(pid)) : await isOld(path);
    if (stale) await rm(path, { force: true }).catch(() => {});
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0); // sends nothing
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH"; // it is there, though not ours
  }
}

const isOld = (path: string): Promise<boolean> =>
  stat(path)
    .then(({ mtimeMs }) => Date.now() - mtimeMs > longest)
    .catch(() => false);
