/** Bayesian search by tree-structured Parzen estimators. Users pass it to Study. */

import { checkInteger } from "../core/option-checks.js";
import type { Generator } from "../core/random/generator.js";
import { erfOf } from "../ops/elementwise/erf.js";
import type { Outcome, Search } from "./search.js";
import type { Choice, Scalar, Unconditional } from "./space.js";
import { draw, fromUnit, type Numeric, pickPoint, toUnit } from "./unit.js";

/** The options of `bayesianSearch`. */
export interface BayesianOptions {
  /** The number of random trials before the search learns from results. Default 10. */
  readonly startup?: number;
  /** The number of candidates for each parameter, of which the most promising is taken. Default 24. */
  readonly candidates?: number;
}

/** The best tenth of the trials, at most so many, are the good ones. */
const mostGood = 25;

/**
 * Tree-structured Parzen estimators (Bergstra, Bardenet, Bengio and Kegl, "Algorithms for hyper-parameter optimization",
 * NIPS 2011). The trials are split into the best few and the rest; l(x) and g(x) are the densities of the two for each
 * parameter, and the next value is the candidate with the highest l(x) / g(x), which has the highest expected
 * improvement.
 *
 * @throws ArgumentError unless `startup` and `candidates` are integers of 1 or more
 */
export function bayesianSearch({ startup = 10, candidates = 24 }: BayesianOptions = {}): Search {
  checkInteger("bayesianSearch", "startup", startup, 1);
  checkInteger("bayesianSearch", "candidates", candidates, 1);
  return {
    name: "bayesianSearch",
    options: { startup, candidates },
    suggest(space, outcomes, generator) {
      if (outcomes.length < startup) return { params: pickPoint(space, (_, parameter) => draw(parameter, generator)) };
      const sorted = [...outcomes].sort((a, b) => compare(a.loss, b.loss));
      const good = Math.min(Math.ceil(outcomes.length / 10), mostGood);
      const values = (name: string, part: readonly Outcome[]): Scalar[] =>
        part.flatMap(({ params }) => (name in params ? [params[name] as Scalar] : []));
      const pick = (name: string, parameter: Unconditional): Scalar => {
        const l = densityOf(parameter, values(name, sorted.slice(0, good)));
        const g = densityOf(parameter, values(name, sorted.slice(good)));
        return mostPromising(l, g, candidates, generator);
      };
      return { params: pickPoint(space, pick) };
    },
  };
}

/** Infinities are equal to each other: subtracting them would give NaN. */
const compare = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1);

interface Density {
  draw(generator: Generator): Scalar;
  log(value: Scalar): number;
}

function mostPromising(l: Density, g: Density, candidates: number, generator: Generator): Scalar {
  let [best, highest] = [l.draw(generator), Number.NEGATIVE_INFINITY];
  for (let i = 0; i < candidates; i++) {
    const value = i === 0 ? best : l.draw(generator);
    const promise = l.log(value) - g.log(value);
    if (promise > highest) [best, highest] = [value, promise];
  }
  return best;
}

const densityOf = (parameter: Unconditional, values: readonly Scalar[]): Density =>
  parameter.kind === "choice" ? frequencies(parameter, values) : parzen(parameter, values as readonly number[]);

/** How often each value occurs, one more time in all than it did. */
function frequencies({ values }: Choice, seen: readonly Scalar[]): Density {
  const share = values.map(
    (value) => (seen.filter((one) => one === value).length + 1 / values.length) / (seen.length + 1),
  );
  return {
    draw(generator) {
      let u = generator.uniform();
      const at = share.findIndex((part) => {
        u -= part;
        return u < 0;
      });
      return values[at < 0 ? values.length - 1 : at]; // rounding can leave a little of u
    },
    log: (value) => Math.log(share[values.indexOf(value)]),
  };
}

/**
 * A mixture of normal distributions cut to [0, 1]: one around each value, as wide as the larger gap to its neighbours,
 * and one around 1/2 of width 1, the prior.
 */
function parzen(parameter: Numeric, values: readonly number[]): Density {
  const centers = [0.5, ...values.map((value) => toUnit(parameter, value))];
  const sorted = [...centers].sort((a, b) => a - b);
  const narrowest = 1 / Math.min(100, centers.length + 1);
  const widths = centers.map((center, i) => {
    if (i === 0) return 1;
    const at = sorted.indexOf(center);
    const below = center - (at === 0 ? 0 : sorted[at - 1]);
    const above = (at === sorted.length - 1 ? 1 : sorted[at + 1]) - center;
    return Math.min(Math.max(below, above, narrowest), 1);
  });
  // What is left of each within [0, 1].
  const shares = centers.map((center, i) => normalCdf((1 - center) / widths[i]) - normalCdf(-center / widths[i]));
  return {
    draw(generator) {
      const which = generator.integer(centers.length);
      let u = -1;
      while (!(u >= 0 && u <= 1)) u = centers[which] + widths[which] * normal(generator);
      return fromUnit(parameter, u);
    },
    log(value) {
      const u = toUnit(parameter, value as number);
      let density = 0;
      for (let i = 0; i < centers.length; i++)
        density += Math.exp(-0.5 * ((u - centers[i]) / widths[i]) ** 2) / (widths[i] * shares[i]);
      return Math.log(density / centers.length);
    },
  };
}

const normalCdf = (x: number): number => (1 + erfOf(x / Math.SQRT2)) / 2;

/** Box and Muller 1958. */
const normal = (generator: Generator): number =>
  Math.sqrt(-2 * Math.log(1 - generator.uniform())) * Math.cos(2 * Math.PI * generator.uniform());
