/** The cases of src/ops/reduction, one export for each file. */
export { reduce } from "./reduce.js";
export { scan } from "./scan.js";
export { statistics } from "./statistics.js";
