/**
 * Checks of options that ops and layers of several families share. A check that one family needs is in the folder of
 * the family.
 */
import { ArgumentError } from "./errors.js";
import { quote } from "./quote.js";

/** The value of an option that must be a finite number. */
export function checkFinite(op: string, name: string, value: number): number {
  if (Number.isFinite(value)) return value;
  throw new ArgumentError(`${op}: ${name} must be a finite number, got ${String(value)}`);
}

/** The value of `eps`, which is added to a variance or bounds a length. */
export function checkEps(op: string, eps: number): number {
  if (Number.isFinite(eps) && eps >= 0) return eps;
  throw new ArgumentError(`${op}: eps must be a finite non-negative number, got ${String(eps)}`);
}

/** Throws ArgumentError unless the value is a probability. */
export function checkProbability(op: string, p: number, name = "p"): void {
  if (!(p >= 0 && p <= 1))
    throw new ArgumentError(`${op}: ${name} must be a probability between 0 and 1, got ${quote(p)}`);
}

/** Throws ArgumentError unless the value is an integer of at least `least`. */
export function checkInteger(op: string, name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least)
    throw new ArgumentError(`${op}: ${name} must be ${integerFrom(least)}, got ${quote(value)}`);
}

/** The words for an integer of at least `least` in an error message. */
export function integerFrom(least: number): string {
  if (least === 0) return "a non-negative integer";
  return least === 1 ? "a positive integer" : `an integer of at least ${least}`;
}

/** Throws ArgumentError unless the value is finite and not below 0. */
export function checkNonNegative(op: string, name: string, value: number): void {
  if (!Number.isFinite(value) || value < 0)
    throw new ArgumentError(`${op}: ${name} must be a finite non-negative number, got ${quote(value)}`);
}

/** Throws ArgumentError unless the value is finite and above 0. */
export function checkPositive(op: string, name: string, value: number): void {
  if (!Number.isFinite(value) || value <= 0)
    throw new ArgumentError(`${op}: ${name} must be a finite positive number, got ${quote(value)}`);
}
