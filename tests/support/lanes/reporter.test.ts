import { describe, expect, test } from "vitest";
import { notTestedLines, reasonOf, timeLines } from "./reporter.js";

describe("the reporter of the lanes", () => {
  test("finds why a test was skipped", () => {
    expect(reasonOf("no such file", ["a", "b (skipped: no compiler)"])).toBe("no such file");
    expect(reasonOf(undefined, ["suite (skipped: no compiler)", "test"])).toBe("no compiler");
    expect(reasonOf(undefined, ["suite (skipped: no compiler)", "test (skipped: integers (all) have none)"])).toBe(
      "integers (all) have none",
    );
    expect(reasonOf(undefined, ["suite", "test"])).toBe("");
  });

  test("lists projects and tests that did not run, the most frequent reason first", () => {
    expect(notTestedLines(["x", "y", "y"], { races: "c++ not found" })).toEqual([
      ...["Not tested:", "  all tests of the project races: c++ not found", "  2 tests: y", "  1 test: x"],
    ]);
    expect(notTestedLines([], {})).toEqual([]);
  });

  test("adds the times of a project, and names the ten slowest files", () => {
    const times = Array.from({ length: 12 }, (_, i) => ({
      project: i % 2 === 0 ? "cpu" : "native",
      file: `${i}.ts`,
      seconds: i,
    }));
    const lines = timeLines(times);
    expect(lines.slice(0, 5)).toEqual([
      "Time of the test files, by project:",
      "     36.0 s  native",
      "     30.0 s  cpu",
      "Slowest files:",
      "     11.0 s  native: 11.ts",
    ]);
    expect(lines).toHaveLength(14);
    expect(lines.at(-1)).toBe("      2.0 s  cpu: 2.ts");
  });
});
