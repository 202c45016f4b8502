import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { ArgumentError, FileError, FormatError } from "../../src/index.js";
import {
  bayesianSearch,
  choice,
  crossValidation,
  type FinishedTrial,
  gridSearch,
  hyperband,
  integer,
  logUniform,
  type Objective,
  randomSearch,
  type Search,
  Study,
  type StudyOptions,
  uniform,
  when,
} from "../../src/tune/index.js";

const folder = mkdtempSync(join(tmpdir(), "wengert-tune-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const newPath = (): string => join(folder, `study-${files++}.json`);

const space = {
  lr: logUniform(1e-4, 1),
  layers: integer(1, 5),
  optimizer: choice(["SGD", "Adam", null]),
  momentum: when("optimizer", "SGD", uniform(0, 1)),
};
const options = (search: Search, more: Partial<StudyOptions<typeof space>> = {}): StudyOptions<typeof space> => ({
  space,
  search,
  seed: 7,
  ...more,
});
const objective: Objective<typeof space> = ({ params, budget }) =>
  params.layers === 5 ? Number.NaN : Math.log10(params.lr) ** 2 + params.layers + (params.momentum ?? 0.5) + 1 / budget;

/** Trials without their times, which differ. */
const withoutTimes = (trials: readonly FinishedTrial[]): unknown[] => trials.map(({ seconds: _, ...trial }) => trial);

const searches = [
  randomSearch(),
  gridSearch({ points: 3 }),
  bayesianSearch({ startup: 4 }),
  hyperband({ maxBudget: 9 }),
];

describe.each(searches)("a study by $name", (search) => {
  const whole = async (): Promise<Study<typeof space>> => {
    const study = new Study(options(search));
    await study.run(objective, { trials: 30 });
    return study;
  };

  test("has the same trials with the same seed, and others with another", async () => {
    const [one, two] = [await whole(), await whole()];
    expect(withoutTimes(one.trials)).toEqual(withoutTimes(two.trials));
    expect(one.trials).toHaveLength(30);
    const other = new Study(options(search, { seed: 8 }));
    await other.run(objective, { trials: 30 });
    if (search.name === "gridSearch") expect(withoutTimes(other.trials)).toEqual(withoutTimes(one.trials));
    else expect(withoutTimes(other.trials)).not.toEqual(withoutTimes(one.trials));
  });

  test("stopped and resumed from its file again and again, has the trials of one that was not", async () => {
    const path = newPath();
    for (const trials of [1, 4, 5, 17, 30]) {
      const study = await Study.open(path, options(search));
      await study.run(objective, { trials });
      expect(study.trials).toHaveLength(trials);
    }
    const resumed = await Study.open(path, options(search));
    expect(withoutTimes(resumed.trials)).toEqual(withoutTimes((await whole()).trials));
    await resumed.run(() => Number.NaN, { trials: 30 });
    expect(resumed.trials).toHaveLength(30);
    expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  test("an error of the function is passed on, and its trial comes again", async () => {
    const path = newPath();
    const study = await Study.open(path, options(search));
    const failing: Objective<typeof space> = (trial) => {
      if (trial.number === 6) throw new RangeError("out of luck");
      return objective(trial);
    };
    await expect(study.run(failing, { trials: 30 })).rejects.toThrow(new RangeError("out of luck"));
    expect(study.trials).toHaveLength(6);
    await study.run(objective, { trials: 30 });
    expect(withoutTimes(study.trials)).toEqual(withoutTimes((await whole()).trials));
  });
});

test("a process killed at any time leaves a study that is resumed to the same trials", async () => {
  const path = newPath();
  const script = fileURLToPath(new URL("killed.ts", import.meta.url));
  const tsx = import.meta.resolve("tsx");
  for (let kill = 0; kill < 3; kill++) {
    const child = spawn(process.execPath, ["--import", tsx, script, path], { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise<void>((done) => {
      let trials = 0;
      child.stdout.on("data", (chunk: Buffer) => {
        trials += chunk.toString().split("\n").length - 1;
        if (trials > 3 + 2 * kill) child.kill("SIGKILL");
      });
      child.on("close", () => done());
    });
    expect(child.signalCode).toBe("SIGKILL");
  }
  const { options: same, score } = await import("./killed.js");
  const resumed = await Study.open(path, same);
  const before = resumed.trials.length;
  expect(before).toBeGreaterThan(9);
  await resumed.run(score, { trials: before + 5 });
  const whole = new Study(same);
  await whole.run(score, { trials: before + 5 });
  expect(withoutTimes(resumed.trials)).toEqual(withoutTimes(whole.trials));
});

describe("run", () => {
  test("stops after the trial that is running when the signal is given, and keeps it", async () => {
    const controller = new AbortController();
    const study = new Study(options(randomSearch()));
    await study.run(
      async (trial) => {
        if (trial.number === 4) controller.abort();
        await new Promise((done) => setTimeout(done, 1));
        return objective(trial);
      },
      { trials: 30, signal: controller.signal },
    );
    expect(study.trials).toHaveLength(5);
    await study.run(objective, { trials: 30, signal: controller.signal });
    expect(study.trials).toHaveLength(5);
  });

  test("does not begin a trial that would go over the budget", async () => {
    const study = new Study(options(hyperband({ maxBudget: 9 })));
    await study.run(objective, { budget: 9 + 3 * 3 + 8 });
    expect([study.spent, study.trials.length]).toEqual([18, 12]);
    await study.run(objective, { budget: 27 });
    expect([study.spent, study.trials.length]).toEqual([27, 13]);
  });

  test.each<[unknown, object, string]>([
    [() => 1, {}, "Study.run: randomSearch never ends on its own; pass trials or budget"],
    [() => 1, { trials: Number.NaN }, "Study.run: trials must be a non-negative number, got NaN"],
    [() => 1, { budget: -1 }, "Study.run: budget must be a non-negative number, got -1"],
    [() => undefined, { trials: 3 }, "Study.run: the score of trial 0 must be a number, got undefined"],
    [() => "0.5", { trials: 3 }, 'Study.run: the score of trial 0 must be a number, got "0.5"'],
  ])("%#: what is wrong is refused", async (fn, limits, message) => {
    const study = new Study(options(randomSearch()));
    const running = study.run(fn as Objective<typeof space>, limits);
    await expect(running).rejects.toThrow(ArgumentError);
    await expect(running).rejects.toThrow(message);
    expect(study.trials).toHaveLength(0);
  });

  test("does not run twice at a time", async () => {
    const study = new Study(options(randomSearch()));
    const slow = study.run(
      async () => {
        await new Promise((done) => setTimeout(done, 5));
        return 1;
      },
      { trials: 2 },
    );
    await expect(study.run(() => 1, { trials: 2 })).rejects.toThrow("Study.run: the study is already running");
    await slow;
    expect(study.trials).toHaveLength(2);
  });

  test("a file that cannot be written is an error, and the trial does not count", async () => {
    const study = await Study.open(join(folder, "missing", "study.json"), options(randomSearch()));
    await expect(study.run(() => 1, { trials: 1 })).rejects.toThrow(FileError);
    expect(study.trials).toHaveLength(0);
  });
});

describe("options that make no study", () => {
  test.each<[object, string]>([
    [{ space: {} }, "Study: the space has no parameters"],
    [
      { space: { a: when("b", 1, uniform(0, 1)), b: integer(0, 1) } },
      "Study: a depends on b, which must come before it in the space",
    ],
    [
      { space: { b: choice([1, 2]), a: when("b", [1, 3], uniform(0, 1)) } },
      "Study: a requires b to be 3, which is not one of its values",
    ],
    [{ direction: "down" }, 'Study: direction must be "minimize" or "maximize", got "down"'],
    [{ seed: -1 }, "got -1"],
  ])("%o", (wrong, message) => {
    const make = (): unknown => new Study({ ...options(randomSearch()), ...wrong } as StudyOptions<typeof space>);
    expect(make).toThrow(ArgumentError);
    expect(make).toThrow(message);
  });
});

describe("a file of another study is refused by what differs, and not changed", () => {
  const made = async (): Promise<string> => {
    const path = newPath();
    const study = await Study.open(path, options(bayesianSearch()));
    await study.run(objective, { trials: 3 });
    return path;
  };

  test.each<[string, StudyOptions<typeof space>, string]>([
    [
      "search",
      options(randomSearch()),
      'search is "randomSearch", but "bayesianSearch" in the file; options is {}, but',
    ],
    [
      "its options",
      options(bayesianSearch({ startup: 3 })),
      'options is {"startup":3,"candidates":24}, but {"startup":10,"candidates":24} in the file',
    ],
    ["seed", options(bayesianSearch(), { seed: 1 }), "seed is 1, but 7 in the file"],
    [
      "direction",
      options(bayesianSearch(), { direction: "maximize" }),
      'direction is "maximize", but "minimize" in the file',
    ],
    ["space", options(bayesianSearch(), { space: { ...space, layers: integer(1, 6) } }), "space is "],
  ])("%s", async (_, other, message) => {
    const path = await made();
    const before = readFileSync(path);
    await expect(Study.open(path, other)).rejects.toThrow(FormatError);
    await expect(Study.open(path, other)).rejects.toThrow(message);
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  test.each<[string, (text: string) => string, string]>([
    ["empty", () => "", "the file is not a study"],
    ["cut off", (text) => text.slice(0, -40), "the file is not a study"],
    ["other JSON", () => "[1, 2]", "the file is not a study"],
    ["of a later format", (text) => text.replace("study-1", "study-2"), "the file is not a study"],
    [
      "with a trial missing",
      (text) => text.replace(/ {2}\{"number":1.*\n/, ""),
      "trial 1 is damaged: invalid number: 2",
    ],
    [
      "with a score as text",
      (text) => text.replace(/"score":[^,]+/, '"score":"1"'),
      'trial 0 is damaged: invalid score: "1"',
    ],
    [
      "with a parent to come",
      (text) => text.replace('"parent":null', '"parent":0'),
      "trial 0 is damaged: invalid parent: 0",
    ],
    [
      "with a point outside",
      (text) => text.replace(/"layers":\d/, '"layers":9'),
      "trial 0 is damaged: layers has the invalid value 9",
    ],
    [
      "with a strange parameter",
      (text) => text.replace('"layers":', '"depth":1,"layers":'),
      "trial 0 is damaged: depth is not a parameter",
    ],
  ])("%s", async (_, spoil, message) => {
    const path = await made();
    const text = spoil(readFileSync(path, "utf8"));
    writeFileSync(path, text);
    await expect(Study.open(path, options(bayesianSearch()))).rejects.toThrow(FormatError);
    await expect(Study.open(path, options(bayesianSearch()))).rejects.toThrow(message);
    expect(readFileSync(path, "utf8")).toBe(text);
  });

  test("a folder is not a file", async () => {
    await expect(Study.open(folder, options(randomSearch()))).rejects.toThrow(FileError);
  });
});

describe("what is reported", () => {
  const scored = async (
    scores: number[],
    more: Partial<StudyOptions<typeof space>> = {},
  ): Promise<Study<typeof space>> => {
    const study = new Study(options(randomSearch(), more));
    await study.run(({ number }) => scores[number], { trials: scores.length });
    return study;
  };

  test("best is the least or the greatest score, the first of equal ones, and null for none", async () => {
    const scores = [3, Number.NaN, 1, 2, 1, 3];
    expect((await scored(scores)).best?.number).toBe(2);
    expect((await scored(scores, { direction: "maximize" })).best?.number).toBe(0);
    expect((await scored([])).best).toBeNull();
  });

  test("best is among the trials of the largest budget", async () => {
    const study = new Study(options(hyperband({ maxBudget: 3 })));
    await study.run(({ budget, number }) => (budget === 3 ? 5 : number), { trials: 4 });
    expect(study.best).toMatchObject({ number: 3, budget: 3, score: 5 });
  });

  test("the table has the best trials first, failed ones last, and a dash for a missing value", async () => {
    const study = await scored([0.25, Number.NaN, 0.123456]);
    const lines = study.table().split("\n");
    expect(lines[0].trim().split(/\s+/)).toEqual([
      "trial",
      "score",
      "seconds",
      "lr",
      "layers",
      "optimizer",
      "momentum",
    ]);
    expect(lines.slice(2).map((line) => line.trim().split(/\s+/).slice(0, 2))).toEqual([
      ["2", "0.12346"],
      ["0", "0.25"],
      ["1", "failed"],
    ]);
    expect(new Set(lines.map((line) => line.length)).size).toBe(1);
    const adam = study.trials.findIndex(({ params }) => params.optimizer !== "SGD");
    expect(lines.find((line) => line.trim().startsWith(`${adam} `))).toMatch(/-$/);
    expect(study.table({ top: 1 }).split("\n")).toHaveLength(3);
    expect((await scored([])).table().split("\n")).toHaveLength(2);
  });

  test("the chart has a point a trial that did not fail, and a series a budget", async () => {
    const study = await scored([4, Number.NaN, 2, 3]);
    expect(study.chart().match(/<circle/g)).toHaveLength(3);
    expect(study.chart()).toContain(">best so far</text>");
    const banded = new Study(options(hyperband({ maxBudget: 9 })));
    await banded.run(({ number }) => number + 1, { trials: 22 });
    const chart = banded.chart({ yScale: "log" });
    for (const budget of [1, 3, 9]) expect(chart).toContain(`>budget ${budget}</text>`);
    expect(chart.match(/<circle/g)).toHaveLength(22);
    expect((await scored([])).chart()).toContain("</svg>");
  });

  test("save writes what open reads", async () => {
    const path = newPath();
    const study = await scored([3, 1, 2]);
    await study.save(path);
    const read = await Study.open(path, options(randomSearch()));
    expect(read.trials).toEqual(study.trials);
    expect(() => JSON.parse(readFileSync(path, "utf8"))).not.toThrow();
  });
});

describe("cross-validation", () => {
  const folds = [
    { train: [2, 3], validation: [0, 1] },
    { train: [0, 1], validation: [2, 3] },
    { train: [1, 2], validation: [3] },
  ];

  test("is the mean over the folds, one after the other", async () => {
    const seen: number[] = [];
    const study = new Study({ space: { x: uniform(1, 2) }, search: randomSearch() });
    await study.run(
      crossValidation(folds, async ({ params }, { validation }, i) => {
        await Promise.resolve();
        seen.push(i);
        return params.x * validation.length;
      }),
      { trials: 1 },
    );
    expect(seen).toEqual([0, 1, 2]);
    expect(study.trials[0].score).toBeCloseTo((study.trials[0].params.x * 5) / 3, 12);
  });

  test("fails with a fold that fails, and refuses no folds", async () => {
    const study = new Study({ space: { x: uniform(1, 2) }, search: randomSearch() });
    await study.run(
      crossValidation(folds, (_, __, i) => (i === 1 ? Number.NaN : 1)),
      { trials: 1 },
    );
    expect(study.trials[0].score).toBeNull();
    expect(() => crossValidation([], () => 1)).toThrow("crossValidation: folds must not be empty");
  });
});
