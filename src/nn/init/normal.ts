/** The distribution function of the normal and its inverse, in float64 on the host. Used by `truncatedNormal` only. */
import { erfcOf } from "../../ops/elementwise/erf.js";

/** The distribution function of the normal: the probability of a number below z. */
export const normalProbability = (z: number): number => erfcOf(-z / Math.SQRT2) / 2;

// P. J. Acklam's rational approximations of the quantile function (2003), good to 1.2e-9, for the lower half.
const centralP = [
  -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239,
];
const centralQ = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572, 1];
const tailP = [
  -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
  2.938163982698783,
];
const tailQ = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416, 1];

/** Horner's rule; the coefficient of the highest power comes first. */
const horner = (coefficients: readonly number[], x: number): number => coefficients.reduce((sum, c) => sum * x + c, 0);

/** The z with `normalProbability(z) = p`: the approximation, and one step of Halley's method from there. */
export function normalQuantile(p: number): number {
  if (p <= 0) return Number.NEGATIVE_INFINITY;
  if (p > 0.5) return -normalQuantile(1 - p);
  const z = approximateQuantile(p);
  const step = (normalProbability(z) - p) * Math.sqrt(2 * Math.PI) * Math.exp((z * z) / 2);
  return z - step / (1 + (z * step) / 2);
}

function approximateQuantile(p: number): number {
  if (p < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(p));
    return horner(tailP, q) / horner(tailQ, q);
  }
  const q = p - 0.5;
  return (horner(centralP, q * q) * q) / horner(centralQ, q * q);
}
