/**
 * The types of an update's operands on the CPU, and the gradient with weight decay. Shared by updates.ts and
 * adaptive-updates.ts.
 */
import type { Numbers } from "../../core/loops/numbers.js";

/** One buffer a tensor: the gradients of all parameters, for example. */
export type NumberLists = readonly Numbers[];
/** The learning rate of an optimizer: one float64. */
export type Rate = Numbers;
/** How many steps were taken: the first of two int32, the second being for the launcher's own use. A step adds 1. */
export type Counter = Numbers;

/** The gradient with that of weightDecay p^2 / 2; without decay, p does not enter, so that its infinities do not. */
export const slopeAt = (g: Numbers, p: Numbers, i: number, weightDecay: number): number =>
  weightDecay === 0 ? g[i] : g[i] + weightDecay * p[i];
