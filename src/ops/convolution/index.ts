/** The family convolution: convolutions of sequences and images, and pooling. */
export * from "./average-pool.js";
export * from "./conv.js";
export * from "./max-pool.js";
export type { Pair, Size2d } from "./window.js";
