/** The cases of src/ops/matmul, one export for each file. */
export { linalg } from "./linalg.js";
