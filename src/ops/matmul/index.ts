/** The family matmul: matrix products and what is made of them. */
export * from "./einsum.js";
export * from "./linalg.js";
export * from "./linear.js";
export * from "./matmul.js";
