/** Functions with known minima for the tests of searches. */
import { type Params, type Space, uniform } from "../../src/tune/index.js";

/** A function with a known least value, as a score of parameters. */
export interface TestFunction {
  readonly space: Space;
  readonly least: number;
  of(params: Params): number;
}

const numbers = (params: Params): number[] => Object.values(params) as number[];

/** Branin's function of two variables: three equal minima (Dixon and Szego 1978). */
export const branin: TestFunction = {
  space: { x: uniform(-5, 10), y: uniform(0, 15) },
  least: 0.39788735772973816,
  of(params) {
    const [x, y] = numbers(params);
    const bend = y - (5.1 / (4 * Math.PI ** 2)) * x * x + (5 / Math.PI) * x - 6;
    return bend ** 2 + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) + 10;
  },
};

const weights = [1, 1.2, 3, 3.2];
const scales = [
  [10, 3, 17, 3.5, 1.7, 8],
  [0.05, 10, 17, 0.1, 8, 14],
  [3, 3.5, 1.7, 10, 17, 8],
  [17, 8, 0.05, 10, 0.1, 14],
];
const centers = [
  [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
  [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
  [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.665],
  [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
];

/** Hartmann's function of six variables: four hollows of different depth (Dixon and Szego 1978). */
export const hartmann: TestFunction = {
  space: Object.fromEntries(["a", "b", "c", "d", "e", "f"].map((name) => [name, uniform(0, 1)])),
  least: -3.3223680114155147,
  of(params) {
    const x = numbers(params);
    const distance = (i: number): number =>
      x.reduce((sum, value, j) => sum + scales[i][j] * (value - centers[i][j]) ** 2, 0);
    return -weights.reduce((sum, weight, i) => sum + weight * Math.exp(-distance(i)), 0);
  },
};
