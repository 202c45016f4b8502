/** `.ci/run` and the workflow of the public host agree on the jobs, and nothing depends on the variable CI. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const workflow = readFileSync(join(root, ".github/workflows/ci.yml"), "utf8");

/** The jobs that `.ci/run` names in its usage. */
function jobs(): string[] {
  const { status, stdout, stderr } = spawnSync("bash", [".ci/run", "no-such-job"], { cwd: root, encoding: "utf8" });
  expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
  return (/^JOB is one of: (.*)$/m.exec(stderr)?.[1] ?? "").split(" ");
}

test("the workflow runs every job of .ci/run, and no other", () => {
  const matrix = /^ {8}job: \[(.*)\]$/m.exec(workflow)?.[1].split(", ") ?? [];
  const named = [...workflow.matchAll(/bash \.ci\/run ([\w-]+)$/gm)].map(([, job]) => job);
  expect(matrix.length).toBeGreaterThan(0);
  expect(workflow).toContain("- run: bash .ci/run $" + "{{ matrix.job }}");
  expect([...named, ...matrix].sort()).toEqual(jobs().sort());
});

test("every job has a case in .ci/run, and every project of vitest has a job", () => {
  const script = readFileSync(join(root, ".ci/run"), "utf8");
  const cases = [...script.matchAll(/^ {4}([\w |-]+)\)/gm)].flatMap(([, names]) => names.split(" | "));
  expect(cases.sort()).toEqual(jobs().sort());
  const config = readFileSync(join(root, "vitest.config.ts"), "utf8");
  const projects = [...config.matchAll(/(?:project|emulated)\("([\w -]+)"/g)].map(([, name]) => name);
  expect(projects.map((name) => name.replace(" timed", ""))).toEqual(expect.arrayContaining(["cpu", "races"]));
  for (const name of projects) expect(jobs()).toContain(name.replace(" timed", ""));
});

test("no source reads the variable CI", () => {
  const { status, stdout } = spawnSync("git", ["grep", "-lE", "env\\.CI\\b|env\\[.CI.\\]|\\bCI=true|\\$\\{?CI\\b"], {
    cwd: root,
    encoding: "utf8",
  });
  expect([0, 1]).toContain(status); // 1 is "nothing found"
  expect(stdout.split("\n").filter((file) => file !== "" && !file.startsWith("tests/scripts/ci.test.ts"))).toEqual([]);
});
