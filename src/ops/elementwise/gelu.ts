/**
 * The formulas of the Gaussian error linear unit y = x Phi(x) and its derivatives, for the rows in activation.ts.
 * With tanh, Phi(x) is approximated by (1 + tanh(u)) / 2 = sigmoid(v), v = 2 u = c x (1 + k x^2): in this form
 * nothing cancels for large -x.
 */
import type { Tensor } from "../../tensor.js";
import { erfcOf } from "./erf.js";

const c = 2 * Math.sqrt(2 / Math.PI);
const k = 0.044715;

const density = (x: number): number => Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
const sigmoidOfV = (x: number): number => 1 / (1 + Math.exp(-c * x * (1 + k * x * x)));

/** y. */
export const geluOf = (x: number, useTanh: number): number =>
  x * (useTanh ? sigmoidOfV(x) : 0.5 * erfcOf(-x * Math.SQRT1_2));

/** dy y', with y' = Phi(x) + x phi(x), or s + x s (1 - s) v' where s = sigmoid(v). */
export function geluGradOf(dy: number, x: number, useTanh: number): number {
  if (!useTanh) return dy * (0.5 * erfcOf(-x * Math.SQRT1_2) + x * density(x));
  const s = sigmoidOfV(x);
  return dy * (s + x * s * (1 - s) * c * (1 + 3 * k * x * x));
}

/** y'' = phi(x) (2 - x^2), or s (1 - s) (2 v' + x ((1 - 2 s) v'^2 + v'')). */
export function slopeOfGeluGrad(x: Tensor, useTanh: boolean): Tensor {
  const xx = x.square();
  if (!useTanh)
    return xx
      .mul(-0.5)
      .exp()
      .mul(1 / Math.sqrt(2 * Math.PI))
      .mul(xx.neg().add(2));
  const s = xx.mul(k).add(1).mul(x).mul(c).sigmoid();
  const v1 = xx
    .mul(3 * k)
    .add(1)
    .mul(c);
  const v2 = x.mul(6 * k * c);
  const bend = s.mul(-2).add(1).mul(v1.square()).add(v2);
  return s.mul(s.neg().add(1)).mul(v1.mul(2).add(x.mul(bend)));
}
