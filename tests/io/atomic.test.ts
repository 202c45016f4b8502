import { execFileSync } from "node:child_process";
import { mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { DisposedError, FileError, loadSafetensors, saveSafetensors, tensor, zeros } from "../../src/index.js";
import { temporaryPath } from "../../src/io/temporary.js";
import { withFolder, withSmallDisk } from "../support/disk.js";

/** The error of a promise that must fail. */
const failure = async (promise: Promise<unknown>): Promise<unknown> => {
  const outcome = await promise.then(
    () => "it did not fail",
    (error: unknown) => ({ error }),
  );
  if (typeof outcome === "string") throw new Error(outcome);
  return outcome.error;
};

describe("saving, when it fails", () => {
  test("a full disk: the previous file survives and nothing else is left", async (context) => {
    await withSmallDisk(context, 64, async (folder) => {
      const path = join(folder, "model.safetensors");
      await saveSafetensors(path, { w: tensor([1, 2, 3]) });
      const before = await readFile(path);
      const error = await failure(saveSafetensors(path, { w: zeros([100_000]) }));
      expect(error).toBeInstanceOf(FileError);
      expect(String(error)).toMatch(
        /saveSafetensors: cannot write .*model\.safetensors: (ENOSPC: no space left|EFBIG: file too large)/,
      );
      expect((error as FileError).cause).toBeInstanceOf(Error);
      expect(await readdir(folder)).toEqual(["model.safetensors"]);
      expect(await readFile(path)).toEqual(before);
      expect((await loadSafetensors(path)).tensors.get("w")?.arraySync()).toEqual([1, 2, 3]);
      await saveSafetensors(path, { w: zeros([1000]) }); // there is room again: the failed attempt took none
    });
  });

  const unwritable = {
    "a folder that is not there": (folder: string) => [join(folder, "none", "model.safetensors"), /ENOENT/],
    "a folder that is a file": (folder: string) => [join(folder, "file", "model.safetensors"), /ENOTDIR/],
    "a name that is a folder": (folder: string) => [join(folder, "folder"), /EISDIR|ENOTEMPTY|EEXIST|EPERM/],
    "a folder that nobody can write": () => ["/proc/self/model.safetensors", /ENOENT|EACCES|EPERM/],
    "a name with a zero byte": (folder: string) => [join(folder, "model\0"), /null bytes/],
  } satisfies Record<string, (folder: string) => [string, RegExp]>;

  test.each(Object.entries(unwritable))("%s", async (_, place) => {
    await withFolder(async (folder) => {
      await mkdir(join(folder, "folder"));
      await writeFile(join(folder, "file"), "untouched");
      const [path, message] = place(folder);
      const error = await failure(saveSafetensors(path, { w: tensor([1]) }));
      expect(error).toBeInstanceOf(FileError);
      expect(String(error)).toMatch(message);
      expect((await readdir(folder, { recursive: true })).sort()).toEqual(["file", "folder"]);
      expect(await readFile(join(folder, "file"), "utf8")).toBe("untouched");
    });
  });

  test("a tensor that is disposed: nothing is written", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "model.safetensors");
      await saveSafetensors(path, { w: tensor([1]) });
      const gone = tensor([2]);
      gone.dispose();
      expect(await failure(saveSafetensors(path, { w: tensor([3]), gone }))).toBeInstanceOf(DisposedError);
      expect((await loadSafetensors(path)).tensors.get("w")?.arraySync()).toEqual([1]);
      expect(await readdir(folder)).toEqual(["model.safetensors"]);
    });
  });
});

describe("saving removes what a program that was killed left in the folder", () => {
  /** A file that a program, which has ended by now, left half written. */
  const leave = (folder: string): string => {
    const code = `
      const path = process.argv[1].replace("PID", process.pid);
      fs.writeFileSync(path, "half");
      process.stdout.write(path);`;
    const path = temporaryPath(folder).replace(`-${process.pid}-`, "-PID-");
    return basename(execFileSync(process.execPath, ["-e", code, path], { encoding: "utf8" }));
  };

  test("where its process is gone, and nothing else", async () => {
    await withFolder(async (folder) => {
      const own = basename(temporaryPath(folder)); // of a process that runs: this one
      const elsewhere = own.replace(/-[0-9a-f]{8}-/, "-00000000-"); // its process may well run there
      const others = [own, elsewhere, ".wengert-notes.tmp", `.wengert-1-2.tmp`, "model.tmp"];
      for (const name of others) await writeFile(join(folder, name), "text");
      const left = leave(folder);
      expect(await readdir(folder)).toContain(left);
      await saveSafetensors(join(folder, "model.safetensors"), { w: tensor([1]) });
      expect((await readdir(folder)).sort()).toEqual([...others, "model.safetensors"].sort());
    });
  });

  test("of another machine, once nobody has written to it for a day", async () => {
    await withFolder(async (folder) => {
      const [fresh, old] = [0, 1].map(() => basename(temporaryPath(folder)).replace(/-[0-9a-f]{8}-/, "-00000000-"));
      for (const name of [fresh, old]) await writeFile(join(folder, name), "text");
      const twoDaysAgo = Date.now() / 1000 - 2 * 24 * 3600;
      await utimes(join(folder, old), twoDaysAgo, twoDaysAgo);
      await saveSafetensors(join(folder, "model.safetensors"), { w: tensor([1]) });
      expect((await readdir(folder)).sort()).toEqual([fresh, "model.safetensors"].sort());
    });
  });
});

describe("saving", () => {
  test("replaces the previous file in one step; a program that has it open still reads the old contents", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "model.safetensors");
      await saveSafetensors(path, { w: tensor([1]) });
      const before = await stat(path);
      await saveSafetensors(path, { w: tensor([2]) });
      expect((await stat(path)).ino).not.toBe(before.ino);
    });
  });

  test("many at once to one path leave one whole file", async () => {
    await withFolder(async (folder) => {
      const path = join(folder, "model.safetensors");
      await Promise.all(Array.from({ length: 8 }, (_, i) => saveSafetensors(path, { w: zeros([50_000]).add(i) })));
      const data = (await loadSafetensors(path)).tensors.get("w")?.dataSync() ?? [];
      expect(new Set(data).size).toBe(1);
      expect(await readdir(folder)).toEqual(["model.safetensors"]);
    });
  });

  test("loading what cannot be read", async () => {
    await withFolder(async (folder) => {
      await symlink("loop", join(folder, "loop"));
      for (const [name, message] of [
        ["none", /ENOENT/],
        ["", /EISDIR/],
        ["loop", /ELOOP/],
      ] as const) {
        const error = await failure(loadSafetensors(join(folder, name)));
        expect(error).toBeInstanceOf(FileError);
        expect(String(error)).toMatch(message);
      }
    });
  });
});
