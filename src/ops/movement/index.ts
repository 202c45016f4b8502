/**
 * The family movement: ops that move, pick, repeat and order elements without arithmetic on them, apart from sums in
 * their gradients.
 */
export * from "./concat.js";
export * from "./embedding.js";
export * from "./indexing.js";
export * from "./pad.js";
export * from "./permute.js";
export * from "./shape.js";
export * from "./slice.js";
export * from "./sort.js";
export * from "./to.js";
export * from "./triangle.js";
