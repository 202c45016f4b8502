/** The family matmul: matrix products, and functions made of them such as `einsum`. */
export * from "./einsum.js";
export * from "./linalg.js";
export * from "./linear.js";
export * from "./matmul.js";
