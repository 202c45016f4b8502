/** The cases of src/ops/loss, one export for each file. */
export { classification } from "./classification.js";
export { loss } from "./loss.js";
