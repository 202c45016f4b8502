import { existsSync } from "node:fs";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { FileError, makeFolder } from "../../src/index.js";

test("makeFolder makes what is missing, and leaves a folder that is there", async () => {
  const base = await mkdtemp(join(tmpdir(), "wengert-folder-"));
  try {
    const deep = join(base, "a", "b", "c");
    await makeFolder(deep);
    await makeFolder(deep);
    expect((await stat(deep)).isDirectory()).toBe(true);
    await writeFile(join(base, "file"), "");
    await expect(makeFolder(join(base, "file"))).rejects.toThrow(/^makeFolder: cannot create .*file: EEXIST/);
    await expect(makeFolder(join(base, "file"))).rejects.toThrow(FileError);
    await expect(makeFolder(join(base, "file", "x"))).rejects.toThrow(/^makeFolder: cannot create .*x: ENOTDIR/);
  } finally {
    await rm(base, { recursive: true });
  }
});

test.skipIf(!existsSync("/proc/self"))("makeFolder ends where folders cannot be made (Linux's /proc)", async () => {
  await expect(makeFolder("/proc/nope")).rejects.toThrow("ENOENT");
  await expect(makeFolder("/proc/nope/deeper")).rejects.toThrow("ENOENT");
});
