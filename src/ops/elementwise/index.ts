/** The family elementwise: ops that compute each element from the elements at the same place, with broadcasting. */
export * from "./activation.js";
export * from "./arithmetic.js";
export * from "./cast.js";
export * from "./comparison.js";
export type { Operand } from "./elementwise.js";
export * from "./logical.js";
export * from "./rounding.js";
export * from "./trigonometric.js";
export * from "./unary.js";
