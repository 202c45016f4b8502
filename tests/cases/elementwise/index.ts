/** The cases of src/ops/elementwise, one export for each file. */
export { activation } from "./activation.js";
export { arithmetic } from "./arithmetic.js";
export { cast } from "./cast.js";
export { comparison } from "./comparison.js";
export { logical } from "./logical.js";
export { rounding } from "./rounding.js";
export { trigonometric } from "./trigonometric.js";
export { unary } from "./unary.js";
