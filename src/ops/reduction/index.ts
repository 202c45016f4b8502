/** The family reduction: sums, extremes and statistics over axes, and scans along an axis. */
export type { Axes } from "../../core/shape.js";
export * from "./argreduce.js";
export * from "./reduce.js";
export type { ReduceOptions } from "./reduction.js";
export * from "./scan.js";
export * from "./statistics.js";
