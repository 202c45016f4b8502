export * from "./argreduce.js";
export * from "./reduce.js";
export type { Axes, ReduceOptions } from "./reduction.js";
export * from "./scan.js";
export * from "./statistics.js";
