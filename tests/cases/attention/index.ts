/** The cases of src/ops/attention, one export for each file. */
export { attention } from "./attention.js";
