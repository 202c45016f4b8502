import { describe, expect, test } from "vitest";
import { ArgumentError, Generator } from "../../src/index.js";
import {
  bayesianSearch,
  choice,
  gridSearch,
  hyperband,
  integer,
  logUniform,
  type Params,
  randomSearch,
  type Search,
  type Space,
  Study,
  uniform,
  when,
} from "../../src/tune/index.js";
import { median } from "../support/median.js";
import { branin, hartmann, type TestFunction } from "./functions.js";

const seeds = [0, 1, 2, 3, 4];

describe.each<[string, TestFunction]>([
  ["branin", branin],
  ["hartmann", hartmann],
])("on a fixed budget, %s", (_, { space, of, least }) => {
  test("the functions are right: nothing goes below the known least value, and it is reached", () => {
    const generator = new Generator(5);
    for (let i = 0; i < 2000; i++) {
      const point = randomSearch().suggest(space, [], generator)?.params as Params;
      expect(of(point)).toBeGreaterThanOrEqual(least - 1e-9);
    }
    const at = [Math.PI, 2.275];
    const deepest = [0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573];
    const names = Object.keys(space);
    const point = Object.fromEntries(names.map((name, i) => [name, (names.length === 2 ? at : deepest)[i]]));
    expect(of(point as Params)).toBeCloseTo(least, 5);
  });

  /** How far above the least value the best trial of each seed is. */
  const regrets = (search: Search): Promise<number[]> =>
    Promise.all(
      seeds.map(async (seed) => {
        const study = new Study({ space, search, seed });
        await study.run(({ params }) => of(params), { trials: 60 });
        return (study.best?.score ?? Number.NaN) - least;
      }),
    );

  test("Bayesian search beats random search in the median of 5 seeds: 60 trials", async () => {
    const [random, bayesian] = [median(await regrets(randomSearch())), median(await regrets(bayesianSearch()))];
    expect(bayesian).toBeGreaterThanOrEqual(0);
    expect(bayesian).toBeLessThan(random);
  });

  const full = 27;

  /** As a learning curve: the part that a small budget does not show falls as 1 / budget, at a different rate for each point. */
  const curve = (params: Params, budget: number): number => {
    const sum = Object.values(params).reduce((total: number, value, i) => total + (value as number) * (i + 1), 0);
    return of(params) + (1 + Math.abs(Math.sin(37 * sum))) * 0.9 * (10 - Math.abs(least)) * (1 / budget - 1 / full);
  };

  const spendTo = async (search: Search, seed: number): Promise<number> => {
    const study = new Study({ space, search, seed });
    await study.run(({ params, budget }) => curve(params, budget), { budget: 20 * full });
    expect(study.spent).toBeLessThanOrEqual(20 * full);
    expect(study.spent).toBeGreaterThan(19 * full);
    expect(study.best?.budget).toBe(full);
    return (study.best?.score ?? Number.NaN) - least;
  };

  test("Hyperband beats random search in the median of 5 seeds: 20 full budgets", async () => {
    const random = randomSearch();
    const whole: Search = {
      ...random,
      suggest: (...args) => ({ params: {}, ...random.suggest(...args), budget: full }),
    };
    const byRandom = median(await Promise.all(seeds.map((seed) => spendTo(whole, seed))));
    const byHyperband = median(await Promise.all(seeds.map((seed) => spendTo(hyperband({ maxBudget: full }), seed))));
    expect(byHyperband).toBeGreaterThanOrEqual(0);
    expect(byHyperband).toBeLessThan(byRandom);
  });
});

/** A space with every kind of parameter. */
const mixed = {
  lr: logUniform(1e-5, 1e-1),
  optimizer: choice(["SGD", "Adam", "Lion"]),
  momentum: when("optimizer", "SGD", uniform(0, 0.99)),
  layers: integer(1, 4),
  hidden: integer(4, 256, { log: true }),
} satisfies Space;

/** Best near lr 1e-3, with SGD of much momentum, 3 layers and 64 hidden units. */
const mixedScore = ({ lr, optimizer, momentum, layers, hidden }: Params<typeof mixed>): number =>
  Math.abs(Math.log10(lr) + 3) +
  (optimizer === "SGD" ? 1 - (momentum ?? 0) : 2) +
  Math.abs(layers - 3) +
  Math.abs(Math.log2(hidden) - 6);

const run = async <S extends Space>(
  space: S,
  search: Search,
  trials: number,
  score: (params: Params<S>) => number,
): Promise<Study<S>> => {
  const study = new Study({ space, search, seed: 3 });
  await study.run(({ params }) => score(params), { trials });
  return study;
};

describe("points of a space", () => {
  test.each([randomSearch(), bayesianSearch({ startup: 5 }), hyperband({ maxBudget: 9 })])(
    "of $name are inside it, and conditions hold",
    async (search) => {
      const { trials } = await run(mixed, search, 80, mixedScore);
      const seen = new Set<string>();
      for (const { params } of trials) {
        const { lr, optimizer, momentum, layers, hidden } = params;
        expect(lr).toBeGreaterThanOrEqual(1e-5);
        expect(lr).toBeLessThanOrEqual(1e-1);
        expect("momentum" in params).toBe(optimizer === "SGD");
        if (momentum !== undefined) expect(momentum >= 0 && momentum <= 0.99).toBe(true);
        expect([1, 2, 3, 4]).toContain(layers);
        expect(Number.isInteger(hidden) && hidden >= 4 && hidden <= 256).toBe(true);
        seen.add(optimizer).add(String(layers));
      }
      expect([...seen].sort()).toEqual(["1", "2", "3", "4", "Adam", "Lion", "SGD"]);
    },
  );

  test("random numbers cover their range evenly, in orders of magnitude where asked", async () => {
    const { trials } = await run(
      { a: logUniform(1e-4, 1), b: integer(0, 3), c: integer(1, 99, { log: true }) },
      randomSearch(),
      2000,
      () => 0,
    );
    const share = (
      holds: (
        params: Params<{ a: ReturnType<typeof uniform>; b: ReturnType<typeof integer>; c: ReturnType<typeof integer> }>,
      ) => boolean,
    ): number => trials.filter(({ params }) => holds(params)).length / trials.length;
    for (const decade of [-4, -3, -2, -1])
      expect(share(({ a }) => Math.floor(Math.log10(a)) === decade)).toBeCloseTo(0.25, 1);
    for (const value of [0, 1, 2, 3]) expect(share(({ b }) => b === value)).toBeCloseTo(0.25, 1);
    // From 1/2 to 99 1/2, the logarithms up to 9 1/2 have the share log(19) / log(199).
    expect(share(({ c }) => c <= 9)).toBeCloseTo(Math.log(19) / Math.log(199), 1);
  });

  test("Bayesian search learns choices, integers and conditions", async () => {
    const last = (study: Study<typeof mixed>): number =>
      study.trials.slice(-30).reduce((sum, { score }) => sum + (score ?? 0), 0) / 30;
    const [random, bayesian] = [
      await run(mixed, randomSearch(), 90, mixedScore),
      await run(mixed, bayesianSearch(), 90, mixedScore),
    ];
    expect(last(bayesian)).toBeLessThan(last(random) / 1.5);
    const adopted = bayesian.trials.slice(-30).filter(({ params }) => params.optimizer === "SGD").length;
    expect(adopted).toBeGreaterThan(20);
  });

  test("trials that fail are avoided, not fatal", async () => {
    const study = await run({ x: uniform(-1, 1) }, bayesianSearch(), 60, ({ x }) =>
      x > 0 ? Number.NaN : (x + 0.5) ** 2,
    );
    const late = study.trials.slice(-30).filter(({ score }) => score === null).length;
    expect(late).toBeLessThan(12);
    expect(Math.abs((study.best?.params.x ?? 1) + 0.5)).toBeLessThan(0.1);
    const hopeless = await run({ x: uniform(-1, 1) }, bayesianSearch(), 30, () => Number.POSITIVE_INFINITY);
    expect(hopeless.best).toBeNull();
    expect(hopeless.trials).toHaveLength(30);
  });
});

describe("grid", () => {
  test("has every combination once, in order, and then ends", async () => {
    const space = {
      optimizer: choice(["SGD", "Adam"]),
      momentum: when("optimizer", ["SGD"], uniform(0, 1)),
      layers: integer(1, 2),
    };
    const study = new Study({ space, search: gridSearch({ points: 3 }) });
    await study.run(() => 0, {});
    expect(study.trials.map(({ params }) => Object.values(params).join(" "))).toEqual([
      "SGD 0 1",
      "SGD 0 2",
      "SGD 0.5 1",
      "SGD 0.5 2",
      "SGD 1 1",
      "SGD 1 2",
      "Adam 1",
      "Adam 2",
    ]);
  });

  test("spaces numbers by the scale of their parameter, ends included", async () => {
    const values = async (space: Space, points: number): Promise<unknown[]> => {
      const study = new Study({ space, search: gridSearch({ points }) });
      await study.run(() => 0, {});
      return study.trials.map(({ params }) => params.x);
    };
    const logarithmic = (await values({ x: logUniform(1e-4, 1) }, 5)) as number[];
    for (const [i, wanted] of [1e-4, 1e-3, 1e-2, 1e-1, 1].entries()) expect(logarithmic[i]).toBeCloseTo(wanted, 12);
    expect([logarithmic[0], logarithmic[4]]).toEqual([1e-4, 1]);
    expect(await values({ x: integer(1, 100) }, 4)).toEqual([1, 34, 67, 100]);
    expect(await values({ x: integer(1, 64, { log: true }) }, 7)).toEqual([1, 2, 4, 8, 16, 32, 64]);
    expect(await values({ x: integer(5, 7) }, 5)).toEqual([5, 6, 7]);
  });

  test("refuses to be huge", async () => {
    const space = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`p${i}`, uniform(0, 1)]));
    const study = new Study({ space, search: gridSearch() });
    await expect(study.run(() => 0, {})).rejects.toThrow("gridSearch: the grid can have at most 100000 points");
  });
});

describe("Hyperband", () => {
  test("has the brackets of the paper's formula for R = 81 and eta = 3", async () => {
    const study = new Study({ space: { x: uniform(0, 1) }, search: hyperband({ maxBudget: 81 }) });
    await study.run(({ params }) => params.x, { trials: 206 });
    const rungs: [number, number][] = [];
    for (const { budget } of study.trials) {
      const last = rungs.at(-1);
      if (last?.[1] === budget) last[0]++;
      else rungs.push([1, budget]);
    }
    // The last two of the bracket before and the five of the last bracket, all with the full budget, are next to each other.
    expect(rungs).toEqual([
      ...[
        [81, 1],
        [27, 3],
        [9, 9],
        [3, 27],
        [1, 81],
      ],
      ...[
        [34, 3],
        [11, 9],
        [3, 27],
        [1, 81],
      ],
      ...[
        [15, 9],
        [5, 27],
        [1, 81],
      ],
      ...[
        [8, 27],
        [2 + 5, 81],
      ],
    ]);
  });

  test("takes the best of a rung to the next, with the same parameters, and begins again after a pass", async () => {
    const study = new Study({
      space: { x: uniform(0, 1) },
      search: hyperband({ maxBudget: 9 }),
      direction: "maximize",
    });
    await study.run(({ params }) => params.x, { trials: 50 });
    const { trials } = study;
    const first = trials.slice(0, 9).sort((a, b) => b.params.x - a.params.x);
    expect(trials.slice(9, 12).map(({ parent }) => parent)).toEqual(first.slice(0, 3).map(({ number }) => number));
    for (const { parent, params, budget } of trials) {
      if (parent === null) continue;
      expect(trials[parent].params).toEqual(params);
      expect(budget).toBe(3 * trials[parent].budget);
    }
    const pass = 9 + 3 + 1 + 5 + 1 + 3;
    expect(trials.slice(pass, pass + 9).every(({ budget, parent }) => budget === 1 && parent === null)).toBe(true);
    expect(trials[pass].params).not.toEqual(trials[0].params);
  });

  test("has one bracket where the budgets are one", async () => {
    const study = new Study({ space: { x: uniform(0, 1) }, search: hyperband({ maxBudget: 5, minBudget: 4 }) });
    await study.run(({ params }) => params.x, { trials: 3 });
    expect(study.trials.map(({ budget }) => budget)).toEqual([5, 5, 5]);
  });
});

test.each<[() => unknown, string]>([
  [() => uniform(1, 1), "uniform: low and high must be finite, with low < high, got 1 and 1"],
  [
    () => uniform(0, Number.POSITIVE_INFINITY),
    "uniform: low and high must be finite, with low < high, got 0 and Infinity",
  ],
  [() => logUniform(0, 1), "logUniform: low must be greater than 0, got 0"],
  [() => integer(0.5, 2), "integer: low and high must be integers, got 0.5 and 2"],
  [() => integer(0, 2, { log: true }), "integer: with log, low must be at least 1, got 0"],
  [() => choice([]), "choice: values must be a non-empty array"],
  [() => choice(["a", "a"]), "choice: a value appears twice in the list"],
  [() => choice([Number.NaN]), "choice: a value must be a string, a finite number, a boolean or null, got NaN"],
  [
    () => choice([{} as never]),
    "choice: a value must be a string, a finite number, a boolean or null, got [object Object]",
  ],
  [() => when("a", 1, when("b", 1, uniform(0, 1)) as never), "when: the parameter must not be conditional itself"],
  [() => gridSearch({ points: 1 }), "gridSearch: points must be an integer of at least 2, got 1"],
  [() => bayesianSearch({ startup: 0 }), "bayesianSearch: startup must be a positive integer, got 0"],
  [() => bayesianSearch({ candidates: 1.5 }), "bayesianSearch: candidates must be a positive integer, got 1.5"],
  [() => hyperband({ maxBudget: 0.5 }), "hyperband: maxBudget must be a positive integer, got 0.5"],
  [() => hyperband({ maxBudget: 3, minBudget: 4 }), "hyperband: maxBudget must be an integer of at least 4, got 3"],
  [() => hyperband({ maxBudget: 3, eta: 1 }), "hyperband: eta must be a finite number of at least 2, got 1"],
])("%#: an argument out of range is refused", (make, message) => {
  expect(make).toThrow(ArgumentError);
  expect(make).toThrow(message);
});
