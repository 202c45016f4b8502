/**
 * A reporter of vitest that ends the output with what was not tested and why: skipped tests by reason, and projects that were
 * left out. With `times`, also the time of each project and the ten slowest files. Used by vitest.config.ts.
 */
import type { Reporter, TestModule, Vitest } from "vitest/node";

/** The reason in the name of a skipped test or suite: "name (skipped: reason)". */
const inName = /\(skipped: ([^\n]*)\)$/;

/** Why a test was skipped: the note of `skip(note)`, or the reason in its name or in the name of a suite around it; or "". */
export function reasonOf(note: string | undefined, names: readonly string[]): string {
  if (note) return note;
  for (const name of names.toReversed()) {
    const reason = inName.exec(name)?.[1];
    if (reason) return reason;
  }
  return "";
}

/** How often each item occurs, the most frequent first. */
const counted = (items: readonly string[]): [string, number][] => {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a);
};

export interface FileTime {
  readonly project: string;
  readonly file: string;
  readonly seconds: number;
}

/** Lines with the time of each project and the ten slowest files. Files run side by side, so times overlap. */
export function timeLines(times: readonly FileTime[]): string[] {
  const projects = new Map<string, number>();
  for (const { project, seconds } of times) projects.set(project, (projects.get(project) ?? 0) + seconds);
  const line = (seconds: number, text: string): string => `${seconds.toFixed(1).padStart(9)} s  ${text}`;
  const slowest = [...times].sort((a, b) => b.seconds - a.seconds).slice(0, 10);
  return [
    "Time of the test files, by project:",
    ...[...projects].sort(([, a], [, b]) => b - a).map(([name, seconds]) => line(seconds, name)),
    "Slowest files:",
    ...slowest.map(({ project, file, seconds }) => line(seconds, `${project}: ${file}`)),
  ];
}

/** Lines that say what was not tested. Empty if everything was. */
export function notTestedLines(reasons: readonly string[], leftOut: Readonly<Record<string, string>>): string[] {
  const tests = counted(reasons).map(([reason, count]) => `  ${count} ${count === 1 ? "test" : "tests"}: ${reason}`);
  const projects = Object.entries(leftOut).map(([name, reason]) => `  all tests of the project ${name}: ${reason}`);
  return tests.length + projects.length === 0 ? [] : ["Not tested:", ...projects, ...tests];
}

export class LaneReporter implements Reporter {
  readonly #leftOut: Readonly<Record<string, string>>;
  readonly #times: boolean;
  #chosen = false;

  /**
   * @param leftOut - projects that do not run, with the reason
   * @param times - whether to print times
   */
  constructor(leftOut: Readonly<Record<string, string>>, times: boolean) {
    this.#leftOut = leftOut;
    this.#times = times;
  }

  onInit(vitest: Vitest): void {
    this.#chosen = vitest.config.project.length > 0;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const reasons = modules.flatMap((module) =>
      [...module.children.allTests("skipped")].map((test) => {
        const result = test.result();
        const names = [test.name];
        for (let parent = test.parent; parent.type === "suite"; parent = parent.parent) names.unshift(parent.name);
        return reasonOf(result.state === "skipped" ? result.note : undefined, names);
      }),
    );
    const times = modules.map((module) => ({
      project: module.project.name,
      file: module.relativeModuleId,
      seconds: module.diagnostic().duration / 1000,
    }));
    // A filter on names (-t) skips tests without a reason, and `--project` leaves out projects on purpose: neither is listed.
    const lines = [
      ...(this.#times ? timeLines(times) : []),
      ...notTestedLines(
        reasons.filter((reason) => reason !== ""),
        this.#chosen ? {} : this.#leftOut,
      ),
    ];
    if (lines.length > 0) process.stdout.write(`\n${lines.join("\n")}\n\n`);
  }
}
