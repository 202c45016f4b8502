/**
 * Checks of options that ops and layers of several families share. A check that one family needs is in the folder of
 * the family.
 */
import { ArgumentError } from "./errors.js";
import { quote } from "./quote.js";

/** The value of an option that must be a finite number. */
export function checkFinite(op: string, name: string, value: number): number {
  if (Number.isFinite(value)) return value;
  throw new ArgumentError(`${op}: ${name} is a finite number, got ${String(value)}`);
}

/** The value of `eps`, which is added to a variance or bounds a length. */
export function checkEps(op: string, eps: number): number {
  if (Number.isFinite(eps) && eps >= 0) return eps;
  throw new ArgumentError(`${op}: eps is a number of 0 or more, got ${String(eps)}`);
}

/** Throws ArgumentError unless the option `p` is a probability. */
export function checkProbability(op: string, p: number): void {
  if (!(p >= 0 && p <= 1)) throw new ArgumentError(`${op}: p is a probability from 0 to 1, got ${quote(p)}`);
}
