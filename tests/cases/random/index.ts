/** The cases of src/ops/random, one export for each file. */
export { dropout } from "./dropout.js";
