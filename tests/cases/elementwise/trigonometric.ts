/** Cases of trigonometric and hyperbolic functions and their inverses. */
import { type Case, uniform } from "../case.js";
import { unaryCases } from "./elementwise.js";

// The slopes of asin and acos are infinite at 1.
const inside = (shape: readonly number[]) => uniform(shape, -0.75, 0.75);
// Away from the poles of tan.
const nearZero = (shape: readonly number[]) => uniform(shape, -1.25, 1.25);

export const trigonometric = {
  sin: unaryCases({ run: (x) => x.sin(), torch: "x.sin()" }),
  cos: unaryCases({ run: (x) => x.cos(), torch: "x.cos()" }),
  tan: unaryCases({ run: (x) => x.tan(), torch: "x.tan()", x: nearZero }),
  asin: unaryCases({ run: (x) => x.asin(), torch: "x.asin()", x: inside, below: 2 }),
  acos: unaryCases({ run: (x) => x.acos(), torch: "x.acos()", x: inside, below: 2 }),
  atan: unaryCases({ run: (x) => x.atan(), torch: "x.atan()" }),
  sinh: unaryCases({ run: (x) => x.sinh(), torch: "x.sinh()" }),
  cosh: unaryCases({ run: (x) => x.cosh(), torch: "x.cosh()" }),
  tanh: unaryCases({ run: (x) => x.tanh(), torch: "x.tanh()" }),
} satisfies Record<string, readonly [Case, ...Case[]]>;
