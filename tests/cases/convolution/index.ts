/** The cases of src/ops/convolution, one export for each file. */
export { conv } from "./conv.js";
export { pool } from "./pool.js";
