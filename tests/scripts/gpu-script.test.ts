import { execFile } from "node:child_process";
import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { withFolder } from "../support/disk.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Runs steps of gpu.sh on a folder whose Node is a script; gives the result of each step, the status and the log. */
const run = (node: string, steps: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  withFolder(async (folder) => {
    const bundle = join(folder, "bundle");
    mkdirSync(bundle);
    writeFileSync(join(bundle, "node"), `#!/bin/bash\ncase "$*" in --version) exit 0 ;; esac\n${node}\n`);
    chmodSync(join(bundle, "node"), 0o755);
    writeFileSync(join(bundle, "commit.txt"), "a commit\n");
    for (const file of ["scripts/gpu/profile.sh", "scripts/gpu/sanitize.sh", "scripts/gpu/same-bits.sh"]) {
      mkdirSync(dirname(join(bundle, file)), { recursive: true });
      cpSync(join(root, file), join(bundle, file));
    }
    const out = join(folder, "out");
    const options = {
      env: {
        ...{ PATH: "/usr/bin:/bin", GPU_SH_DEVICE: "emulator", GPU_SH_BUNDLE: bundle, OUT: out, TMPDIR: folder },
        ...env,
      },
    };
    const { status, stdout } = await new Promise<{ status: number; stdout: string }>((resolve) => {
      execFile("bash", [join(root, "scripts/gpu.sh"), ...steps], options, (error, stdout) =>
        resolve({ status: Number(error?.code ?? 0), stdout }),
      );
    });
    const table = stdout.slice(stdout.indexOf("\nstep "));
    const results = Object.fromEntries(
      [...table.matchAll(/^(\S+) +(ok|partial|not run|FAILED) +\d+ +(.*)$/gm)].map(([, name, ...rest]) => [name, rest]),
    );
    return { status, stdout, results, log: readFileSync(join(out, "log.txt"), "utf8") };
  });

describe("the steps of gpu.sh", () => {
  test("are ok, partial or FAILED by their status", async () => {
    const { status, stdout, results } = await run(
      `case "$*" in
      bench/smoke.js*) echo "is fine" ;;
      bench/device.js*) echo "3 rows are not run"; exit 2 ;;
      bench/tune.js*) echo "about to allocate"; kill -KILL $$ ;;
      esac`,
      ["smoke", "bench", "tune"],
    );
    expect(results).toEqual({
      ...{ unpack: ["ok", "a commit"], smoke: ["ok", "is fine"], bench: ["partial", "3 rows are not run"] },
      tune: ["FAILED", "killed by signal 9; about to allocate"],
    });
    expect(stdout).toMatch(/\nFAILED: tune\npartial: bench\n\d+ s\n$/);
    expect(status).toBe(1);
  });

  test("say that nothing failed only if all of them ran", async () => {
    const all = await run("echo fine", ["smoke", "bench"]);
    expect(all.stdout).toMatch(/\nall steps ran without failures\n\d+ s\n$/);
    const partial = await run("exit 2", ["bench"]);
    expect([partial.status, partial.stdout]).toEqual([0, expect.stringMatching(/\npartial: bench\n\d+ s\n$/)]);
    const none = await run("echo fine", ["ncu"]);
    expect([none.status, none.stdout]).toEqual([0, expect.stringMatching(/\nnot run: ncu\n\d+ s\n$/)]);
  });

  test("FAIL if they do not end within their time", async () => {
    const { status, results } = await run("echo begun; exec sleep 60", ["tune"]);
    expect(results.tune).toEqual(["FAILED", "stopped after 4 s; begun"]);
    expect(status).toBe(1);
  });

  test("are not run without time, and get no more than is left", async () => {
    const { results, log } = await run("echo $*", ["tune", "test"], { LIMIT: "6" });
    expect(results.tune[0]).toBe("ok");
    expect(log).toMatch(/bench\/tune\.js .* --seconds [12] /);
    expect((await run("echo fine", ["tune"], { LIMIT: "4" })).results.tune).toEqual(["not run", "no time left"]);
  });

  test("compare the two runs of a test also if one has a failure", async () => {
    const { results } = await run(
      `file=\${@: -1}
      case "$*" in
      *fingerprint*bits-1*) printf 'a 1\\ncomplete\\n' > "$file"; echo "1 failure"; exit 1 ;;
      *fingerprint*) printf 'a 1\\ncomplete\\n' > "$file" ;;
      esac`,
      ["test"],
    );
    expect(results["fingerprint-1"]).toEqual(["FAILED", "1 failure"]);
    expect(results["fingerprint-2"][0]).toBe("ok");
    expect(results["same-bits"]).toEqual(["ok", "1 results are equal bit for bit"]);
  });
});
