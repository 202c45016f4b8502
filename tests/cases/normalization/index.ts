/** The cases of src/ops/normalization, one export for each file. */
export { normalization } from "./normalization.js";
export { softmax } from "./softmax.js";
