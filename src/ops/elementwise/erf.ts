/**
 * The error function and its complement to the accuracy of float64, by the rational Chebyshev approximations of
 * W. J. Cody, "Rational Chebyshev approximations for the error function", Mathematics of Computation 23 (1969),
 * 631-637. The coefficients are those of his routine CALERF (SPECFUN, netlib), as float64 holds them. The ops
 * erf and gelu use it, and so do the normal distributions of nn/init and src/tune.
 */

// erf(x) = x P(x^2) / Q(x^2) for |x| <= 15/32
const smallP = [0.18577770618460315, 3.1611237438705655, 113.86415415105016, 377.485237685302, 3209.3775891384694];
const smallQ = [1, 23.601290952344122, 244.02463793444417, 1282.6165260773723, 2844.236833439171];

// erfc(x) = e^(-x^2) P(x) / Q(x) for 15/32 < x <= 4
const middleP = [
  2.1531153547440383e-8, 0.5641884969886701, 8.883149794388377, 66.11919063714163, 298.6351381974001, 881.952221241769,
  1712.0476126340707, 2051.0783778260716, 1230.3393547979972,
];
const middleQ = [
  1, 15.744926110709835, 117.6939508913125, 537.1811018620099, 1621.3895745666903, 3290.7992357334597,
  4362.619090143247, 3439.3676741437216, 1230.3393548037495,
];

// erfc(x) = e^(-x^2) / x (1 / sqrt(pi) - P(1/x^2) / (x^2 Q(1/x^2))) for x > 4
const largeP = [
  0.016315387137302097, 0.30532663496123236, 0.36034489994980445, 0.12578172611122926, 0.016083785148742275,
  0.0006587491615298378,
];
const largeQ = [
  1, 2.568520192289822, 1.8729528499234673, 0.5279051029514285, 0.06051834131244132, 0.0023352049762686918,
];

/** Horner's rule; the coefficient of the highest power comes first. */
function horner(coefficients: readonly number[], x: number): number {
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
  if (x <= 4) return (expOfMinusSquare(x) * horner(middleP, x)) / horner(middleQ, x);
  const z = 1 / (x * x);
  const correction = (z * horner(largeP, z)) / horner(largeQ, z);
  return (expOfMinusSquare(x) * (1 / Math.sqrt(Math.PI) - correction)) / x;
}

const small = (x: number): number => (x * horner(smallP, x * x)) / horner(smallQ, x * x);

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
