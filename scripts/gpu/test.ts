/**
 * Runs the tests of kernels and of the addon on the device that WENGERT_DEVICE names, from compiled output: for the
 * bundle, on a machine without vitest. Each file runs in a separate process, several at a time; one that crashes or
 * hangs is reported, and the others go on. tests/support/device-tests.ts says which files.
 *
 *     node scripts/gpu/test.js --report FILE --seconds N [--jobs N] [--only PATTERN]
 *
 * --report   the JSON report, rewritten after every file, so that a kill loses only the files in progress
 * --seconds  the time limit. Files that are still running are stopped and reported as "unfinished", and the others as
 *            "not run". A file that takes more than half of the time is stopped and reported as "timed out"
 * --jobs     number of files to run at a time (default: 4 on cuda, because they share one GPU; one per core on the emulator)
 * --only     run only the files whose paths match this regular expression
 *
 * The status is 0 if every file ran and nothing failed, 1 if something failed, 2 if nothing failed but files did not run.
 */
import { type ChildProcess, fork } from "node:child_process";
import { readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import {
  addonTests,
  firstTests,
  kernelTests,
  memoryTests,
  testEnvironment,
  timedTests,
} from "../../tests/support/device-tests.js";
import { count, type FileResult, fileLine, lines, type Message, summary, writeReport } from "./test-report.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const program = fileURLToPath(new URL("test-file.js", import.meta.url));

function settings() {
  const { values } = parseArgs({
    options: {
      report: { type: "string" },
      seconds: { type: "string" },
      jobs: { type: "string" },
      only: { type: "string", default: "" },
    },
  });
  const device = process.env.WENGERT_DEVICE;
  if (device !== "cuda" && device !== "emulator")
    throw new RangeError(`WENGERT_DEVICE must be cuda or emulator, got ${device ?? "nothing"}`);
  if (!values.report) throw new RangeError("--report FILE is required");
  const seconds = Number(values.seconds);
  if (!(seconds > 0)) throw new RangeError(`--seconds must be a positive number, got ${values.seconds}`);
  const jobs = Number(values.jobs ?? (device === "cuda" ? 4 : availableParallelism()));
  if (!(Number.isInteger(jobs) && jobs > 0))
    throw new RangeError(`--jobs must be a positive integer, got ${values.jobs}`);
  return { device, report: values.report, seconds, jobs, only: new RegExp(values.only) };
}

const compiledName = (path: string): string => path.replace(/\.ts$/, ".js");

/** The test files of a list of files and folders, in its order, by their names from the root. */
function testFiles(list: readonly string[]): string[] {
  return list.flatMap((path) => {
    if (path.endsWith(".ts")) return [compiledName(path)];
    return readdirSync(join(root, path), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".test.js"))
      .map((name) => `${path}/${name}`)
      .sort();
  });
}

const { device, report, seconds, jobs, only } = settings();
const excluded = new Set([...timedTests, ...memoryTests].map(compiledName));
const all = new Set(testFiles([...firstTests, ...kernelTests, ...addonTests]));
const results = [...all]
  .filter((file) => !excluded.has(file) && only.test(file))
  .map((file): FileResult => ({ file, status: "not run", milliseconds: 0, tests: [] }));
if (results.length === 0) throw new RangeError(`--only ${only.source} does not match any of: ${[...all].join(" ")}`);

const start = performance.now();
const deadline = start + seconds * 1000;
const running = new Set<ChildProcess>();
const save = (): void => {
  const elapsed = Math.round((performance.now() - start) / 100) / 10;
  writeReport(report, { device, date: new Date().toISOString(), seconds: elapsed }, results);
};

/** Describes how a process ended early, with the test in progress and the last lines it printed. */
function ending(how: string, test: string | null, output: string): string {
  const printed = lines(output, 1000).filter((line) => !/^\s+at .*(node_modules|node:internal)/.test(line));
  return [`${how}${test === null ? "" : ` in "${test}"`}`, ...printed.slice(-10)].join("\n");
}

/** Runs a file; resolves when its process has ended. */
function runFile(result: FileResult): Promise<void> {
  const begun = performance.now();
  const child = fork(program, [join(root, result.file)], {
    cwd: root,
    execArgv: ["--expose-gc"],
    env: { ...process.env, ...testEnvironment, NO_COLOR: "1", FORCE_COLOR: undefined },
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  running.add(child);
  result.status = "unfinished";
  let output = "";
  let current: string | null = null;
  let ended: Extract<Message, { type: "end" }> | null = null;
  let stopped: "timed out" | "unfinished" | null = null;
  const tests: FileResult["tests"][number][] = [];
  result.tests = tests;
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (data) => {
      output = (output + data).slice(-20_000);
    });
  child.on("message", (message: Message) => {
    if (message.type === "start") current = message.name;
    if (message.type === "test") {
      tests.push(message.test);
      current = null;
    }
    if (message.type === "end") ended = message;
  });
  const share = (seconds * 1000) / 2;
  const left = deadline - begun;
  const timer = setTimeout(
    () => {
      stopped = left < share ? "unfinished" : "timed out";
      child.kill("SIGKILL");
    },
    Math.min(left, share),
  );
  return new Promise((resolve) => {
    const finish = (how: string, crashed: boolean): void => {
      clearTimeout(timer);
      running.delete(child);
      result.milliseconds = Math.round(performance.now() - begun);
      if (ended) result.tests = ended.tests;
      if (stopped) {
        result.status = stopped;
        result.message = ending(`stopped after ${(result.milliseconds / 1000).toFixed(0)} s`, current, output);
      } else if (crashed) {
        result.status = "crashed";
        result.message = ending(ended ? `${how}, after its tests` : how, current, output);
      } else {
        const failed = ended?.errors.length || ended?.tests.some(({ status }) => status === "failed");
        result.status = failed ? "failed" : "passed";
        if (ended?.errors.length) result.message = ended.errors.join("\n");
      }
      save();
      console.log(fileLine(result));
      resolve();
    };
    child.on("error", (error) => finish(`failed to start: ${error.message}`, true));
    child.on("close", (code, signal) =>
      finish(
        signal ? `ended by ${signal}` : `ended with status ${code}`,
        ended === null || signal !== null || code !== 0,
      ),
    );
  });
}

/** Prints the results, stops the files in progress, and ends with the status. */
function finish(): never {
  for (const child of running) child.kill("SIGKILL");
  save();
  for (const line of summary(results)) console.log(line);
  const { passed, files } = count(results);
  const bad = files.failed + files.crashed + files["timed out"];
  process.exit(bad > 0 || passed === 0 ? 1 : files["not run"] + files.unfinished > 0 ? 2 : 0);
}
process.on("SIGTERM", finish);
process.on("SIGINT", finish);

save();
const queue = results.values();
await Promise.all(
  Array.from({ length: Math.min(jobs, results.length) }, async () => {
    for (const result of queue) {
      if (performance.now() >= deadline) break;
      await runFile(result);
    }
  }),
);
finish();
