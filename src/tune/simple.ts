/**
 * Random search and grid search. Users pass them to Study. Searches that learn from results are in bayesian.ts and
 * hyperband.ts.
 */
import { ArgumentError } from "../core/errors.js";
import { checkInteger } from "../core/option-checks.js";
import type { Search } from "./search.js";
import { isActive, type Params, plain, type Scalar, type Space, type Unconditional } from "./space.js";
import { draw, fromUnit, pickPoint } from "./unit.js";

/** Every trial at random (Bergstra and Bengio, "Random search for hyper-parameter optimization", 2012). */
export function randomSearch(): Search {
  return {
    name: "randomSearch",
    options: {},
    suggest: (space, _, generator) => ({ params: pickPoint(space, (_name, parameter) => draw(parameter, generator)) }),
  };
}

/** The options of `gridSearch`. */
export interface GridOptions {
  /**
   * The number of values in each range of numbers, both ends included; fewer if the range has fewer integers. Default
   * 5.
   */
  readonly points?: number;
}

/** Grids are laid out in memory. */
const most = 100_000;

/**
 * Every combination of all choices and of evenly spaced numbers, the last parameter changing fastest.
 *
 * @throws ArgumentError unless `points` is an integer of 2 or more; on the first trial, if there are over 100,000
 */
export function gridSearch({ points = 5 }: GridOptions = {}): Search {
  checkInteger("gridSearch", "points", points, 2);
  let laid: { readonly space: Space; readonly grid: readonly Params[] } | null = null;
  return {
    name: "gridSearch",
    options: { points },
    finite: true,
    suggest(space, outcomes) {
      if (laid?.space !== space) laid = { space, grid: layOut(space, points) };
      const params = laid.grid[outcomes.length];
      return params === undefined ? null : { params };
    },
  };
}

function layOut(space: Space, points: number): Params[] {
  let grid: Readonly<Record<string, Scalar>>[] = [{}];
  for (const [name, parameter] of Object.entries(space)) {
    const values = gridValues(plain(parameter), points);
    const size = grid.reduce((sum, point) => sum + (isActive(parameter, point) ? values.length : 1), 0);
    if (size > most)
      throw new ArgumentError(
        `gridSearch: the grid can have at most ${most} points; choose fewer points or parameters`,
      );
    grid = grid.flatMap((point) =>
      isActive(parameter, point) ? values.map((value) => ({ ...point, [name]: value })) : [point],
    );
  }
  return grid as Params[];
}

function gridValues(parameter: Unconditional, points: number): readonly Scalar[] {
  if (parameter.kind === "choice") return parameter.values;
  const { low, high } = parameter;
  const count = parameter.kind === "integer" ? Math.min(points, high - low + 1) : points;
  const values = Array.from({ length: count }, (_, i) => {
    const u = i / (count - 1);
    if (i === 0 || i === count - 1) return i === 0 ? low : high;
    if (parameter.kind !== "integer") return fromUnit(parameter, u);
    return Math.round(parameter.log ? low * (high / low) ** u : low + u * (high - low));
  });
  return [...new Set(values)];
}
