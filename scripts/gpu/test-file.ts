/**
 * Runs the tests of one file, in a process that test.ts starts, and sends it each result as soon as it is known: a crash
 * then loses only the test in progress.
 */
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { getState, setState } from "@vitest/expect";
import { type Suite, startTests, type Task, type Test, type VitestRunner } from "@vitest/runner";
import { getTestName, getTests } from "@vitest/runner/utils";
import { deviceTestTimeout } from "../../tests/support/device-tests.js";
import type { Message, TestResult } from "./test-report.js";
import { lines } from "./test-report.js";
import { createExpect, expect, freshState } from "./vitest.js";

const [file] = process.argv.slice(2);
const root = process.cwd();

/** Sends a message; resolves when it has left this process. */
const send = (message: Message): Promise<void> =>
  new Promise((resolve) => {
    if (process.send) process.send(message, () => resolve());
    else resolve();
  });

interface Failure {
  readonly message?: string;
  readonly name?: string;
  readonly stack?: string;
  readonly diff?: string;
}

/** An error's message, the difference it found, and the line of the tests it comes from. */
function describeError(error: unknown): string {
  const isObject = typeof error === "object" && error !== null; // the runner's errors have no prototype
  const { name, message, stack, diff }: Failure = isObject ? error : { message: String(error) };
  const at = (stack ?? "").split("\n").find((line) => line.includes(`${root}/tests/`));
  const place = at?.replace(pathToFileURL(root).href, "").replace(root, "").trim();
  return [...lines(`${name ?? "Error"}: ${message}`, 6), ...lines(diff ?? "", 14), ...(place ? [place] : [])].join(
    "\n",
  );
}

const describeErrors = (task: Task): string => (task.result?.errors ?? []).map(describeError).join("\n");

function resultOf(test: Test): TestResult {
  const state = test.result?.state ?? test.mode;
  const status = state === "pass" ? "passed" : state === "fail" ? "failed" : "skipped";
  const note = (test.result as { readonly note?: string } | undefined)?.note;
  const message = status === "failed" ? describeErrors(test) : status === "skipped" ? note : undefined;
  const milliseconds = Math.round(test.result?.duration ?? 0);
  return { name: getTestName(test), status, milliseconds, ...(message ? { message } : {}) };
}

/** Errors of a file or a suite outside its tests. */
function suiteErrors(suite: Suite): string[] {
  const own = describeErrors(suite);
  const inside = suite.tasks.flatMap((task) => (task.type === "suite" ? suiteErrors(task) : []));
  return own === "" ? inside : [own, ...inside];
}

const errors: string[] = [];
process.on("uncaughtException", (error) => errors.push(`outside the tests: ${describeError(error)}`));
process.on("unhandledRejection", (error) => errors.push(`unhandled rejection: ${describeError(error)}`));
// The parent process has ended.
process.on("disconnect", () => process.exit(1));
Error.stackTraceLimit = 100;

/** Settings are those of vitest.config.ts, or vitest's defaults. */
const runner: VitestRunner = {
  config: {
    ...{ root, name: undefined, setupFiles: [], passWithNoTests: false, testNamePattern: undefined, allowOnly: false },
    sequence: { shuffle: false, concurrent: false, seed: 0, hooks: "stack", setupFiles: "parallel" },
    ...{ chaiConfig: undefined, maxConcurrency: 5, testTimeout: deviceTestTimeout, hookTimeout: 10_000, retry: 0 },
    ...{ includeTaskLocation: false, tags: [], tagsFilter: undefined, strictTags: true },
  },
  importFile: (path) => import(pathToFileURL(path).href),
  onBeforeRunTask: (test) => {
    if (test.mode === "run") void send({ type: "start", name: getTestName(test) });
  },
  onAfterRunTask: (test) => {
    void send({ type: "test", test: resultOf(test) });
  },
  onBeforeTryTask: (test) => setState(freshState(getTestName(test)), expect),
  onAfterTryTask: (test) => {
    const context = test.context as { readonly ownExpect?: typeof expect };
    const state = getState(context.ownExpect ?? expect);
    if (state.expectedAssertionsNumber !== null && state.assertionCalls !== state.expectedAssertionsNumber)
      throw state.expectedAssertionsNumberErrorGen?.();
    if (state.isExpectingAssertions && state.assertionCalls === 0) throw state.isExpectingAssertionsError;
  },
  extendTaskContext: (context) => {
    let own: typeof expect | undefined;
    Object.defineProperty(context, "expect", {
      get: () => {
        own ??= createExpect(context.task);
        return own;
      },
    });
    return Object.defineProperty(context, "ownExpect", { get: () => own });
  },
};

try {
  const [task] = await startTests([join(root, relative(root, file))], runner);
  await new Promise((resolve) => setImmediate(resolve)); // rejections of the last test are reported after it
  await send({ type: "end", tests: getTests(task).map(resultOf), errors: [...suiteErrors(task), ...errors] });
  process.exit(0);
} catch (error) {
  // A bug of this program; without an end, the file counts as crashed.
  console.error(error);
  process.exit(1);
}
