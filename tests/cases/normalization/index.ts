export { normalization } from "./normalization.js";
export { softmax } from "./softmax.js";
