export { classification } from "./classification.js";
export { loss } from "./loss.js";
