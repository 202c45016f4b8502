import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { FileResult } from "../../scripts/gpu/test-report.js";
import { type Compiled, compile } from "../support/compiled.js";

/** Test files of every kind, by the name under which the runner reports them. */
const planted = {
  passes: `
    describe("a suite", () => {
      test.each([[1, 2], [3, 4]])("%i is below %i", (a, b) => expect(a).toBeLessThan(b));
      test("matches", () => expect({ a: [1, "x"] }).toEqual({ a: [expect.any(Number), expect.stringMatching(/x/)] }));
      test("has its environment", () => expect(process.env.WENGERT_POISON).toBe("1"));
      test("spies", () => expect(vi.spyOn(Math, "abs").mockReturnValueOnce(7)).not.toHaveBeenCalled());
      test("says why it is skipped", ({ skip }) => skip("no kernel for it"));
      test.skipIf(true)("is skipped", () => expect(1).toBe(2));
      test("rejects", () => expect(Promise.reject(new RangeError("far"))).rejects.toThrow(RangeError));
    });`,
  fails: `
    test("is unequal", () => expect([1, 2, 3]).toEqual([1, 9, 3]));
    test("is unequal twice", () => { expect.soft(1, "first").toBe(2); expect.soft(3, "second").toBe(4); });
    test("counts", () => { expect.assertions(2); expect(1).toBe(1); });
    test("takes too long", () => new Promise(() => {}), 50);
    test("passes", () => expect(1).toBe(1));`,
  throws: `throw new TypeError("thrown by the file");`,
  hook: `beforeAll(() => { throw new Error("thrown by the hook"); }); test("is not reached", () => {});`,
  rejects: `test("passes", () => { Promise.reject(new Error("nobody waits for it")); });`,
  crashes: `
    test("passes", () => {});
    test("ends its process", () => { console.error("last words"); process.kill(process.pid, "SIGSEGV"); });
    test("is lost", () => {});`,
  exits: `test("leaves", () => process.exit(0));`,
  hangs: `test("passes", () => {}); test("never ends", () => { for (;;); });`,
  timed: `test("is not run here", () => { throw new Error("it was"); });`,
};

const lists = `
  export const kernelTests = ["tests/device"], firstTests = ["tests/device/fails.test.ts"], addonTests = [];
  export const timedTests = ["tests/device/timed.test.ts"], memoryTests = [];
  export const testEnvironment = { WENGERT_POISON: "1" }, deviceTestTimeout = 300000;`;

interface Report {
  readonly counts: object;
  readonly files: readonly FileResult[];
}

describe("the runner of tests without vite", () => {
  let compiled: Compiled;
  const inside = (path: string): string => join(compiled.folder, path);
  const report = (): Report => JSON.parse(readFileSync(inside("test.json"), "utf8"));
  const command = (...options: string[]): string[] => [
    inside("scripts/gpu/test.js"),
    ...["--report", inside("test.json"), ...options],
  ];
  const env = { ...process.env, WENGERT_DEVICE: "emulator" };

  /** Runs the tests; gives what was printed, the status, and the report by file. */
  async function run(...options: string[]) {
    const { code, stdout } = await new Promise<{ code: number; stdout: string }>((resolve) => {
      execFile(process.execPath, command(...options), { env }, (error, stdout) =>
        resolve({ code: Number(error?.code ?? 0), stdout }),
      );
    });
    const files = new Map(report().files.map((result) => [result.file.replace(/^.*\/|\.test\.js$/g, ""), result]));
    const of = (name: string): FileResult => files.get(name) as FileResult;
    return { code, lines: stdout.trimEnd().split("\n"), stdout, files, of };
  }

  beforeAll(() => {
    compiled = compile("scripts/gpu", "tests/support", "bench/gpu");
    mkdirSync(inside("tests/device"), { recursive: true });
    mkdirSync(inside("node_modules/vitest"), { recursive: true });
    writeFileSync(inside("node_modules/vitest/package.json"), '{ "type": "module", "exports": "./index.js" }');
    writeFileSync(inside("node_modules/vitest/index.js"), 'export * from "../../scripts/gpu/vitest.js";');
    writeFileSync(inside("tests/support/device-tests.js"), lists);
    const imports = 'import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";\n';
    for (const [name, body] of Object.entries(planted))
      writeFileSync(inside(`tests/device/${name}.test.js`), imports + body);
  });
  afterAll(() => compiled.remove());

  test("reports what passes, fails, is skipped, throws, crashes and hangs", async () => {
    const { code, lines, stdout, files, of } = await run("--seconds", "40", "--jobs", "3");
    expect(code).toBe(1);
    expect([...files.keys()]).toEqual(["fails", "crashes", "exits", "hangs", "hook", "passes", "rejects", "throws"]);
    const statuses = Object.fromEntries([...files].map(([name, { status }]) => [name, status]));
    expect(statuses).toEqual({
      ...{ passes: "passed", fails: "failed", throws: "failed", hook: "failed", rejects: "failed" },
      ...{ crashes: "crashed", exits: "crashed", hangs: "timed out" },
    });
    expect(of("passes").tests).toMatchObject([
      { name: "a suite > 1 is below 2", status: "passed" },
      { name: "a suite > 3 is below 4", status: "passed" },
      { name: "a suite > matches", status: "passed" },
      { name: "a suite > has its environment", status: "passed" },
      { name: "a suite > spies", status: "passed" },
      { name: "a suite > says why it is skipped", status: "skipped", message: "no kernel for it" },
      { name: "a suite > is skipped", status: "skipped" },
      { name: "a suite > rejects", status: "passed" },
    ]);
    const [unequal, twice, counts, long, fine] = of("fails").tests;
    expect(unequal.message).toMatch(/to deeply equal[\s\S]*-\s+9,[\s\S]*\+\s+2,[\s\S]*tests\/device\/fails\.test\.js/);
    expect(twice.message).toMatch(/first: expected 1 to be 2[\s\S]*second: expected 3 to be 4/);
    expect(counts.message).toMatch(/expected number of assertions to be 2, but got 1/);
    expect(long.message).toMatch(/timed out in 50ms/i);
    expect(fine.status).toBe("passed");
    expect(of("throws").message).toMatch(/TypeError: thrown by the file/);
    expect(of("hook").message).toMatch(/thrown by the hook/);
    expect(of("rejects").message).toMatch(/unhandled rejection: Error: nobody waits for it/);
    expect(of("crashes").message).toMatch(/^ended by SIGSEGV in "ends its process"\nlast words$/);
    expect(of("crashes").tests).toMatchObject([{ name: "passes", status: "passed" }]);
    expect(of("exits").message).toMatch(/^ended with status 0 in "leaves"/);
    expect(of("hangs").message).toMatch(/^stopped after 2\d s in "never ends"/);
    expect(lines.at(-1)).toBe("10 passed, 4 failed, 3 skipped; 8 files: 1 passed, 4 failed, 2 crashed, 1 timed out");
    expect(stdout).toContain("FAILED tests/device/fails.test.js > is unequal\n");
  }, 120_000);

  test("files that did not run are listed", async () => {
    const { code, lines, of } = await run("--seconds", "3", "--jobs", "1", "--only", "hangs|passes|rejects");
    expect(code).toBe(1);
    expect(of("hangs").status).toBe("timed out");
    const unfinished = await run("--seconds", "0.001", "--jobs", "1", "--only", "passes|rejects");
    expect(unfinished.code).not.toBe(0);
    expect(unfinished.of("rejects").status).toBe("not run");
    expect(unfinished.stdout).toContain(
      "not run for lack of time: tests/device/passes.test.js tests/device/rejects.test.js",
    );
    expect(lines.at(-1)).toContain("3 files");
  }, 60_000);

  test("the status is 0 when all ran and passed; a pattern that matches no file is an error", async () => {
    expect((await run("--seconds", "60", "--only", "passes")).code).toBe(0);
    rmSync(inside("test.json"));
    await expect(run("--seconds", "60", "--only", "nothing")).rejects.toThrow(/ENOENT/);
  }, 60_000);

  test("a kill loses the files in progress and no others", async () => {
    const child: ChildProcess = spawn(
      process.execPath,
      command("--seconds", "60", "--jobs", "1", "--only", "fails|hangs"),
      { env, stdio: ["ignore", "pipe", "ignore"] },
    );
    for await (const data of child.stdout ?? []) if (String(data).includes("fails.test.js")) break;
    child.kill("SIGKILL");
    await once(child, "exit");
    const [fails, hangs] = report().files;
    expect(fails.tests).toHaveLength(5);
    expect(["unfinished", "not run"]).toContain(hangs.status);
  }, 60_000);
});
