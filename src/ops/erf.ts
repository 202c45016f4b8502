/**
 * The error function and its complement to the accuracy of float64, by the rational Chebyshev approximations of
 * W. J. Cody, "Rational Chebyshev approximations for the error function", Mathematics of Computation 23 (1969),
 * 631-637, with the coefficients of his routine CALERF (SPECFUN, netlib).
 */

// erf(x) = x P(x^2) / Q(x^2) for |x| <= 15/32
const smallP = [
  1.85777706184603153e-1, 3.1611237438705656, 1.13864154151050156e2, 3.77485237685302021e2, 3.20937758913846947e3,
];
const smallQ = [1, 2.36012909523441209e1, 2.44024637934444173e2, 1.28261652607737228e3, 2.84423683343917062e3];

// erfc(x) = e^(-x^2) P(x) / Q(x) for 15/32 < x <= 4
const middleP = [
  2.15311535474403846e-8, 5.64188496988670089e-1, 8.88314979438837594, 6.61191906371416295e1, 2.98635138197400131e2,
  8.8195222124176909e2, 1.71204761263407058e3, 2.05107837782607147e3, 1.23033935479799725e3,
];
const middleQ = [
  1, 1.57449261107098347e1, 1.17693950891312499e2, 5.37181101862009858e2, 1.62138957456669019e3,
  3.29079923573345963e3, 4.36261909014324716e3, 3.43936767414372164e3, 1.23033935480374942e3,
];

// erfc(x) = e^(-x^2) / x (1 / sqrt(pi) - P(1/x^2) / (x^2 Q(1/x^2))) for x > 4
const largeP = [
  1.63153871373020978e-2, 3.05326634961232344e-1, 3.60344899949804439e-1, 1.25781726111229246e-1,
  1.60837851487422766e-2, 6.58749161529837803e-4,
];
const largeQ = [1, 2.56852019228982242, 1.87295284992346725, 5.27905102951428412e-1, 6.05183413124413191e-2, 2.33520497626869185e-3];

/** Horner's rule; the coefficient of the highest power comes first. */
function polynomial(coefficients: readonly number[], x: number): number {
  let sum = coefficients[0];
  for (let i = 1; i < coefficients.length; i++) sum = sum * x + coefficients[i];
  return sum;
}

/** e^(-x^2). The square is split so that its rounding error does not grow in the exponential. */
function expOfMinusSquare(x: number): number {
  const head = Math.trunc(x * 16) / 16;
  return Math.exp(-head * head) * Math.exp(-(x - head) * (x + head));
}

/** erfc(x) for x > 15/32. */
function tail(x: number): number {
  if (x > 27) return 0; // below the smallest float64
  if (x <= 4) return (expOfMinusSquare(x) * polynomial(middleP, x)) / polynomial(middleQ, x);
  const z = 1 / (x * x);
  const correction = (z * polynomial(largeP, z)) / polynomial(largeQ, z);
  return (expOfMinusSquare(x) * (1 / Math.sqrt(Math.PI) - correction)) / x;
}

const small = (x: number): number => (x * polynomial(smallP, x * x)) / polynomial(smallQ, x * x);

const limit = 15 / 32;

/** 2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x. */
export function erfOf(x: number): number {
  if (x > limit) return 1 - tail(x);
  if (x < -limit) return tail(-x) - 1;
  return small(x);
}

/** 1 - erf(x), without the cancellation where erf(x) is near 1. */
export function erfcOf(x: number): number {
  if (x > limit) return tail(x);
  if (x < -limit) return 2 - tail(-x);
  return 1 - small(x);
}
