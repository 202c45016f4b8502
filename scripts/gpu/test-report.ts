/**
 * Results of a test run: the types of test.json, how it is written and how it is printed. Used by test.ts, which collects
 * the results, and test-file.ts, which sends them.
 */
import { replaceFile } from "../../bench/gpu/results.js";

export interface TestResult {
  /** The names of the suites and of the test, joined by " > ". */
  readonly name: string;
  readonly status: "passed" | "failed" | "skipped";
  readonly milliseconds: number;
  /** The first lines of the failure, or why the test was skipped. */
  readonly message?: string;
}

export interface FileResult {
  readonly file: string;
  /**
   * "failed": a test, a hook or the file itself threw. "crashed": its process ended before its tests did, or by a signal.
   * "timed out": stopped because it took more than its share of the time. "unfinished": in progress when the report was
   * written or when the time ended. "not run": the time ended before it started.
   */
  status: "passed" | "failed" | "crashed" | "timed out" | "unfinished" | "not run";
  milliseconds: number;
  tests: readonly TestResult[];
  /** Errors outside a test: how the process ended, what the file or a hook threw, the last lines of output. */
  message?: string;
}

/** A message from the process of a file to test.ts. */
export type Message =
  | { readonly type: "start"; readonly name: string }
  | { readonly type: "test"; readonly test: TestResult }
  | { readonly type: "end"; readonly tests: readonly TestResult[]; readonly errors: readonly string[] };

export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
  /** Files, by status. */
  readonly files: Record<FileResult["status"], number>;
}

export function count(files: readonly FileResult[]): Counts {
  const counts: Counts = {
    ...{ passed: 0, failed: 0, skipped: 0 },
    files: { passed: 0, failed: 0, crashed: 0, "timed out": 0, unfinished: 0, "not run": 0 },
  };
  for (const { status, tests } of files) {
    counts.files[status]++;
    for (const test of tests) counts[test.status]++;
  }
  return counts;
}

/** Lines of a text, at most `most` of them and 300 characters each. */
export const lines = (text: string, most: number): string[] =>
  text
    .split("\n")
    .filter((line) => line.trim() !== "")
    .slice(0, most)
    .map((line) => line.slice(0, 300));

/** Replaces the report, so that a reader or a kill never sees half of it. */
export function writeReport(path: string, head: object, files: readonly FileResult[]): void {
  replaceFile(path, `${JSON.stringify({ ...head, counts: count(files), files }, null, 1)}\n`);
}

const symbols: Record<FileResult["status"], string> = {
  passed: "ok",
  failed: "FAILED",
  crashed: "CRASHED",
  "timed out": "TIMED OUT",
  unfinished: "unfinished",
  "not run": "not run",
};

/** The line that is printed when a file has ended. */
export function fileLine(result: FileResult): string {
  const { passed, failed, skipped } = count([result]);
  const parts = [
    `${passed} passed`,
    ...(failed ? [`${failed} failed`] : []),
    ...(skipped ? [`${skipped} skipped`] : []),
  ];
  return `${symbols[result.status].padEnd(10)} ${result.file}  ${parts.join(", ")}, ${(result.milliseconds / 1000).toFixed(1)} s`;
}

/** The summary: failures, then files that did not run, then the counts. */
export function summary(files: readonly FileResult[], mostFailures = 40): string[] {
  const failures = files.flatMap(({ file, status, message, tests }) => [
    ...(message === undefined ? [] : [[`${symbols[status]} ${file}`, ...lines(message, 12)]]),
    ...tests
      .filter((test) => test.status === "failed")
      .map((test) => [`FAILED ${file} > ${test.name}`, ...lines(test.message ?? "", 6)]),
  ]);
  const out = failures
    .slice(0, mostFailures)
    .flatMap(([title, ...rest]) => [title, ...rest.map((line) => `    ${line}`)]);
  if (failures.length > mostFailures) out.push(`and ${failures.length - mostFailures} more failures, in the report`);
  const notRun = files.filter(({ status }) => status === "not run").map(({ file }) => file);
  if (notRun.length > 0) out.push(`not run for lack of time: ${notRun.join(" ")}`);
  const counts = count(files);
  const others = Object.entries(counts.files)
    .filter(([status, number]) => number > 0 && status !== "passed")
    .map(([status, number]) => `, ${number} ${status}`);
  out.push(
    `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped; ` +
      `${files.length} files: ${counts.files.passed} passed${others.join("")}`,
  );
  return out;
}
