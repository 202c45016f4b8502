/**
 * The types of an update's operands on the CPU, and the gradient with weight decay. Shared by updates.ts and
 * adaptive-updates.ts.
 */
import type { Numbers } from "../../core/loops/numbers.js";

/** One buffer a tensor: the gradients of all parameters, for example. */
export type NumberLists = readonly Numbers[];
/** The learning rate of an optimizer: one float64. */
export type Rate = Numbers;
/** The count of steps: the first of two int32; the launcher uses the second. A step adds 1. */
export type Counter = Numbers;

/**
 * The gradient plus that of weightDecay p^2 / 2. Without decay p is not read, so that its infinities have no effect.
 */
export const slopeAt = (g: Numbers, p: Numbers, i: number, weightDecay: number): number =>
  weightDecay === 0 ? g[i] : g[i] + weightDecay * p[i];
