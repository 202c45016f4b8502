import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ArgumentError } from "../../src/core/errors.js";
import {
  type PlateauOptions,
  type PlateauState,
  ReduceLROnPlateau,
  type Schedule,
  schedules as s,
} from "../../src/optim/index.js";

// The same names as in tests/goldens/schedules.py.
const lr = 0.1;
const own: Readonly<Record<string, Schedule>> = {
  exponential: s.exponential(lr, { gamma: 0.9 }),
  linear: s.linear(lr),
  "linear down": s.linear(lr, { startFactor: 1, endFactor: 0.25, totalIters: 12 }),
  step: s.step(lr, { stepSize: 7 }),
  "step gamma": s.step(lr, { stepSize: 4, gamma: 0.5 }),
  multiStep: s.multiStep(lr, { milestones: [11, 3, 11, 20], gamma: 0.5 }),
  polynomial: s.polynomial(lr),
  "polynomial power": s.polynomial(lr, { totalIters: 20, power: 2.5 }),
  cosine: s.cosine(lr, { tMax: 29 }),
  "cosine etaMin": s.cosine(lr, { tMax: 29, etaMin: 0.02 }),
  "warm restarts": s.cosineWarmRestarts(lr, { t0: 8 }),
  "warm restarts tMult": s.cosineWarmRestarts(lr, { t0: 3, tMult: 2, etaMin: 0.01 }),
  oneCycle: s.oneCycle(lr, { totalSteps: 30 }),
  "oneCycle linear": s.oneCycle(lr, {
    totalSteps: 30,
    pctStart: 0.45,
    annealStrategy: "linear",
    divFactor: 5,
    finalDivFactor: 10,
  }),
  "oneCycle three phases": s.oneCycle(lr, { totalSteps: 30, pctStart: 0.35, threePhase: true }),
  "oneCycle linear three phases": s.oneCycle(lr, {
    totalSteps: 30,
    pctStart: 0.2,
    annealStrategy: "linear",
    threePhase: true,
  }),
  "warmUp step": s.warmUp(s.step(lr, { stepSize: 6, gamma: 0.5 }), { steps: 5, startFactor: 0.2 }),
  "warmUp cosine": s.warmUp(s.cosine(lr, { tMax: 30 }), { steps: 8, startFactor: 1 / 3 }),
  "keras exponential": s.exponential(lr, { gamma: 0.5, decaySteps: 7 }),
  "keras exponential staircase": s.exponential(lr, { gamma: 0.96, decaySteps: 7, staircase: true }),
  "keras inverseTime": s.inverseTime(lr, { decayRate: 0.5, decaySteps: 5 }),
  "keras inverseTime staircase": s.inverseTime(lr, { decayRate: 0.5, decaySteps: 4, staircase: true }),
  "keras polynomial": s.polynomial(lr, { totalIters: 18, endLr: 0.01, power: 0.5 }),
  "keras polynomial cycle": s.polynomial(lr, { totalIters: 8, endLr: 0.01, power: 2, cycle: true }),
  "keras cosine": s.cosine(lr, { tMax: 20, etaMin: 0.1 * lr }),
  "keras warm restarts": s.cosineWarmRestarts(lr, { t0: 4, tMult: 1.5, mMul: 0.8, etaMin: 0.05 * lr }),
  "keras warm restarts same period": s.cosineWarmRestarts(lr, { t0: 7, mMul: 0.5 }),
  "keras warmUp cosine": s.warmUp(s.cosine(lr, { tMax: 20 }), { steps: 6 }),
};

const plateaus: Readonly<Record<string, PlateauOptions>> = {
  "default patience 2": { patience: 2 },
  max: { mode: "max", patience: 1, factor: 0.5 },
  abs: { patience: 1, threshold: 0.02, thresholdMode: "abs", factor: 0.5 },
  "max abs": { mode: "max", patience: 2, threshold: 0.02, thresholdMode: "abs", factor: 0.5 },
  cooldown: { patience: 1, cooldown: 3, factor: 0.3 },
  minLr: { patience: 0, minLr: 0.004 },
  eps: { patience: 0, eps: 1e-3, factor: 0.5 },
};

type Goldens = Readonly<Record<string, readonly number[]>>;
const { "plateau metrics": metrics, ...goldens } = JSON.parse(
  readFileSync(new URL("../goldens/schedules.json", import.meta.url), "utf8"),
) as Goldens;

const expectClose = (found: readonly number[], wanted: readonly number[]): void => {
  expect(found).toHaveLength(wanted.length);
  const scale = Math.max(...wanted);
  found.forEach((value, i) => {
    expect(Math.abs(value - wanted[i]), `step ${i}: ${value} and ${wanted[i]}`).toBeLessThanOrEqual(1e-12 * scale);
  });
};

test("every schedule has its golden values, and they are its own", () => {
  const names = [...Object.keys(own), ...Object.keys(plateaus).map((name) => `plateau ${name}`)];
  expect(Object.keys(goldens).sort()).toEqual(names.sort());
  expect(new Set(Object.values(goldens).map((value) => JSON.stringify(value))).size).toBe(names.length);
});

test("every kind of schedule is compared, but the constant one", () => {
  const kinds = Object.keys(s).filter((kind) => kind !== "constant");
  const source = readFileSync(new URL(import.meta.url), "utf8");
  expect(kinds.length).toBeGreaterThan(9);
  expect(kinds.filter((kind) => !source.includes(`": s.${kind}(`) && !source.includes(`${kind}: s.${kind}(`))).toEqual(
    [],
  );
});

describe.each(Object.entries(own))("%s", (name, schedule) => {
  test("gives the rates of PyTorch, or Keras", () => {
    expectClose(
      goldens[name].map((_, step) => schedule(step)),
      goldens[name],
    );
  });

  test("depends only on the step, not on earlier calls", () => {
    const forwards = goldens[name].map((_, step) => schedule(step));
    const backwards = goldens[name].map((_, i) => schedule(goldens[name].length - 1 - i)).reverse();
    expect(backwards).toEqual(forwards);
  });

  test("has a rate from 0 up, finite, long after its end and between steps", () => {
    for (const step of [0.5, 29.5, 30, 31, 1000, 1e6 + 0.25]) {
      expect(schedule(step)).toBeGreaterThanOrEqual(0);
      expect(Number.isFinite(schedule(step))).toBe(true);
    }
  });

  test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])("refuses step %d", (step) => {
    expect(() => schedule(step)).toThrow(ArgumentError);
    expect(() => schedule(step)).toThrow(`the step must be a finite non-negative number, got ${step}`);
  });
});

test("constant is constant", () => {
  expect([0, 1, 2.5, 1e6].map(s.constant(0.3))).toEqual([0.3, 0.3, 0.3, 0.3]);
});

test.each<[string, Schedule, number, number]>([
  ["linear", s.linear(1, { totalIters: 4 }), 100, 1],
  ["polynomial", s.polynomial(1, { totalIters: 4, endLr: 0.25 }), 100, 0.25],
  ["cosine", s.cosine(1, { tMax: 4, etaMin: 0.25 }), 6, 0.25],
  ["oneCycle", s.oneCycle(1, { totalSteps: 10, divFactor: 4, finalDivFactor: 2 }), 50, 0.125],
  [
    "oneCycle without a rise",
    s.oneCycle(1, { totalSteps: 10, pctStart: 0, divFactor: 4, finalDivFactor: 2 }),
    9,
    0.125,
  ],
  ["oneCycle of one step", s.oneCycle(1, { totalSteps: 1, divFactor: 4, finalDivFactor: 2 }), 0, 0.125],
])("%s stays at its last rate", (_, schedule, step, rate) => {
  expect(schedule(step)).toBeCloseTo(rate, 15);
});

test.each<[() => Schedule, string]>([
  [() => s.constant(-1), "schedules.constant: lr must be a finite non-negative number, got -1"],
  [() => s.exponential(1, { gamma: -1 }), "schedules.exponential: gamma"],
  [() => s.exponential(1, { gamma: 0.5, decaySteps: 0 }), "decaySteps must be a finite positive number, got 0"],
  [() => s.linear(1, { startFactor: Number.NaN }), "schedules.linear: startFactor"],
  [() => s.linear(1, { totalIters: 0 }), "schedules.linear: totalIters"],
  [() => s.step(1, { stepSize: 0 }), "schedules.step: stepSize"],
  [() => s.multiStep(1, { milestones: [3, -1] }), "schedules.multiStep: milestones[1]"],
  [() => s.inverseTime(1, { decayRate: Number.POSITIVE_INFINITY }), "schedules.inverseTime: decayRate"],
  [() => s.polynomial(1, { power: -2 }), "schedules.polynomial: power"],
  [() => s.cosine(1, { tMax: 0 }), "schedules.cosine: tMax"],
  [() => s.cosineWarmRestarts(1, { t0: 1, tMult: 0.5 }), "tMult must be a finite number of at least 1, got 0.5"],
  [() => s.oneCycle(1, { totalSteps: 1.5 }), "totalSteps must be a positive integer, got 1.5"],
  [
    () => s.oneCycle(1, { totalSteps: 9, pctStart: 0.6, threePhase: true }),
    "pctStart must be between 0 and 0.5, got 0.6",
  ],
  [() => s.oneCycle(1, { totalSteps: 9, divFactor: 0 }), "schedules.oneCycle: divFactor"],
  [
    () => s.oneCycle(1, { totalSteps: 9, annealStrategy: "log" as "cos" }),
    'annealStrategy must be "cos" or "linear", got "log"',
  ],
  [() => s.warmUp(s.constant(1), { steps: 0 }), "schedules.warmUp: steps"],
])("%#: %s is refused", (make, message) => {
  expect(make).toThrow(ArgumentError);
  expect(make).toThrow(message);
});

describe("ReduceLROnPlateau", () => {
  test.each(Object.entries(plateaus))("%s: as PyTorch's", (name, options) => {
    const plateau = new ReduceLROnPlateau(lr, options);
    expectClose(
      [...metrics, Number.NaN].map((metric) => plateau.step(metric)),
      goldens[`plateau ${name}`],
    );
  });

  test.each(Object.entries(plateaus))("%s: goes on from a state that went through JSON", (_, options) => {
    const whole = new ReduceLROnPlateau(lr, options);
    const rates = metrics.map((metric) => whole.step(metric));
    for (const cut of [0, 1, 5, 14]) {
      const before = new ReduceLROnPlateau(lr, options);
      for (const metric of metrics.slice(0, cut)) before.step(metric);
      const after = new ReduceLROnPlateau(0.7, options);
      after.setState(JSON.parse(JSON.stringify(before.getState())) as PlateauState);
      expect(metrics.slice(cut).map((metric) => after.step(metric))).toEqual(rates.slice(cut));
    }
  });

  test.each<[PlateauOptions, string]>([
    [{ factor: 1 }, "ReduceLROnPlateau: factor must be less than 1, got 1"],
    [{ patience: -1 }, "ReduceLROnPlateau: patience must be a finite non-negative number, got -1"],
    [{ mode: "least" as "min" }, 'ReduceLROnPlateau: mode must be "min" or "max", got "least"'],
    [{ thresholdMode: "x" as "abs" }, 'ReduceLROnPlateau: thresholdMode must be "rel" or "abs", got "x"'],
  ])("refuses %o", (options, message) => {
    expect(() => new ReduceLROnPlateau(lr, options)).toThrow(message);
  });

  test("refuses invalid metrics and states, and does not change", () => {
    const plateau = new ReduceLROnPlateau(lr);
    plateau.step(0.5);
    const state = plateau.getState();
    expect(() => plateau.step("0.1" as never)).toThrow(ArgumentError);
    for (const wrong of [{ lr: -1 }, { best: Number.NaN }, { badSteps: "1" }, { cooldownLeft: undefined }])
      expect(() => plateau.setState({ ...state, ...wrong } as PlateauState)).toThrow(ArgumentError);
    expect(plateau.getState()).toEqual({ lr, best: 0.5, badSteps: 0, cooldownLeft: 0 });
  });
});
