/** The cases of src/ops/movement, one export for each file. */
export { embedding } from "./embedding.js";
export { indexing } from "./indexing.js";
export { shape } from "./shape.js";
export { slicing } from "./slicing.js";
export { sort } from "./sort.js";
export { to } from "./to.js";
