import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { filesInFolders } from "../../scripts/kernels/files.js";
import { withFolder } from "../support/disk.js";
import { runScript } from "./stand-ins.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const sanitize = join(root, "scripts/gpu/sanitize.sh");
const sameBits = join(root, "scripts/gpu/same-bits.sh");

/** Stands in for compute-sanitizer: takes options up to the program, and runs it. */
const plain = `while [ $# -gt 0 ]; do case $1 in --error-exitcode | --tool | --target-processes | --kernel-name | --kernel-regex) shift 2 ;;
  *) break ;; esac; done`;
const refuse = (option: string): string =>
  `case "$*" in *${option}*) echo "Error: unrecognised option '${option}'"; exit 1 ;; esac\n`;
const race = `echo '========= Error: Race reported between Write access at gemmKernel+0x10'\n`;

/** Runs sanitize.sh with stand-ins for compute-sanitizer and Node, which print how they were called. */
function run(tool: string, sanitizer: string | null, node = "", env: NodeJS.ProcessEnv = {}, seconds = 20) {
  const programs = {
    node: `echo "cache: $WENGERT_NO_CACHE"\n${node}`,
    ...(sanitizer === null
      ? {}
      : { "compute-sanitizer": `case "$*" in *node*) echo "options: $*" ;; esac\n${sanitizer}\nexec "$@"` }),
  };
  return runScript([sanitize, tool, String(seconds), "out"], programs, { WENGERT_DEVICE: "cuda", ...env });
}

// At the same time, because most of the time is spent waiting for a time limit.
describe.concurrent("compute-sanitizer", () => {
  test("racecheck gets a filter for each kernel that uses shared memory", async () => {
    const { status, stdout } = await run("racecheck", plain);
    expect(status).toBe(0);
    const names = [...stdout.matchAll(/--kernel-name kns=(\w+)/g)].map(([, name]) => name);
    const files = filesInFolders(join(root, "kernels"), /\.cuh?$/, ["conformance", "emulator", "tuning"]);
    const kernels = files.flatMap((file) => kernelsWithSharedMemory(readFileSync(join(root, "kernels", file), "utf8")));
    expect(kernels).toContain("gemmKernel");
    expect([...names].sort()).toEqual([...new Set(kernels)].sort());
  });

  test("racecheck runs with the older name of the option, or without a filter, if the tool refuses it", async () => {
    const older = await run("racecheck", refuse("--kernel-name") + plain);
    expect(older.status).toBe(0);
    expect(older.stdout).toMatch(/does not accept --kernel-name kns=NAME: Error: unrecognised/);
    expect(older.stdout).toMatch(/options: .*--kernel-regex kns=gemmKernel/);
    const none = await run("racecheck", refuse("--kernel-name") + refuse("--kernel-regex") + plain);
    expect(none.status).toBe(0);
    expect(none.stdout).toContain("checking all kernels");
    expect(none.stdout).toMatch(/options: (?!.*kns=)/);
  });

  test("memcheck gives each buffer a separate allocation", async () => {
    const { status, stdout } = await run("memcheck", plain);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^cache: 1$/m);
    expect((await run("racecheck", plain)).stdout).toMatch(/^cache: $/m);
  });

  test("an error fails the tool, also if the time ended afterwards", async () => {
    expect((await run("racecheck", plain, `${race}exit 99`)).status).toBe(1);
    expect((await run("racecheck", plain, `${race}exit 2`)).status).toBe(1);
    expect((await run("racecheck", plain, `${race}sleep 30`, {}, 8)).status).toBe(1);
    expect((await run("memcheck", plain, "exit 1")).status).toBe(1);
    expect((await run("memcheck", plain, "kill -KILL $$")).status).toBe(1);
  });

  test("without an error, a run that the time cut short is partial", async () => {
    expect((await run("racecheck", plain, "exit 2")).status).toBe(2);
    expect((await run("memcheck", plain, "sleep 30", {}, 8)).status).toBe(2);
  });

  test("says why it cannot start", async () => {
    const missing = await run("racecheck", null);
    expect([missing.status, missing.stdout]).toEqual([3, "compute-sanitizer cannot start: it is not installed\n"]);
    const driver = await run("probe", "echo 'Error: the driver is too old'; exit 1");
    expect([driver.status, driver.stdout]).toEqual([
      3,
      "compute-sanitizer cannot start: Error: the driver is too old\n",
    ]);
    expect((await run("probe", plain, "", { WENGERT_DEVICE: "emulator" })).status).toBe(3);
    expect((await run("probe", plain)).status).toBe(0);
  });
});

/** The kernels of a source file that declare shared memory, themselves or through the function before them. */
function kernelsWithSharedMemory(source: string): string[] {
  const kernels = [...source.matchAll(/__global__ void\s+(?:__launch_bounds__\([^)]*\)\s+)?(\w+)\(/g)];
  return [...source.matchAll(/^\s+SHARED_MEMORY\(/gm)].map(({ index }) => {
    const own = kernels.filter((kernel) => kernel.index < index).at(-1) ?? kernels[0];
    return own[1];
  });
}

describe("the comparison of two runs", () => {
  const compare = (first: string | null, second: string | null) =>
    withFolder((folder) => {
      const files = [first, second].map((text, i) => {
        const file = join(folder, `${i}.txt`);
        if (text !== null) writeFileSync(file, text);
        return file;
      });
      return new Promise<[number, string | undefined]>((resolve) => {
        execFile("bash", [sameBits, ...files], (error, stdout) =>
          resolve([Number(error?.code ?? 0), stdout.trimEnd().split("\n").at(-1)]),
        );
      });
    });

  test("says whether complete runs are equal", async () => {
    expect(await compare("a 1\nb 2\ncomplete\n", "a 1\nb 2\ncomplete\n")).toEqual([
      0,
      "2 results are equal bit for bit",
    ]);
    expect(await compare("a 1\nb 2\ncomplete\n", "a 1\nb 3\ncomplete\n")).toEqual([1, "the two runs differ"]);
    expect(await compare("a 1\nb 2\ncomplete\n", "a 1\ncomplete\n")).toEqual([1, "the two runs differ"]);
  });

  test("compares what both have if a run ended early", async () => {
    const equal = [2, "the first 1 results are equal bit for bit; one run ended early"];
    expect(await compare("a 1\nb 2\nc 3\ncomplete\n", "a 1\nb")).toEqual(equal);
    expect(await compare("a 1\nb 2\n", "a 1\nb 2\n")).toEqual(equal);
    expect(await compare("a 1\nb 2\nc 3\ncomplete\n", "a 4\nb 2\n")).toEqual([1, "the two runs differ"]);
  });

  test("fails without results", async () => {
    expect((await compare("complete\n", "complete\n"))[0]).toBe(1);
    expect((await compare("a 1\ncomplete\n", null))[0]).toBe(1);
  });
});
