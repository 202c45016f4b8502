/**
 * The plain part of an optimizer's saved state: its form, its checks, and the differences from the options here. Used
 * by optimizer.ts, group.ts and moving-average.ts.
 */
import { FormatError } from "../core/errors.js";
import { encodeValue, type Value } from "../io/values.js";

/** A group of parameters in a saved state. */
export interface SavedGroup {
  readonly lr: number;
  /** The rate as a multiple of the optimizer's. */
  readonly share: number;
  readonly options: { readonly [name: string]: Value };
  /** How many steps each parameter has had. */
  readonly steps: readonly number[];
}

/** The plain values of an optimizer's state. */
export interface SavedOptimizer {
  readonly type: string;
  readonly lr: number;
  readonly groups: readonly SavedGroup[];
}

/** Values of the form that an optimizer gives. @throws FormatError for any other */
export function readOptimizer(op: string, values: Value): SavedOptimizer {
  if (!isObject(values) || typeof values.type !== "string")
    throw new FormatError(`${op}: this is not the state of an optimizer`);
  const { type, lr, groups } = values;
  if (!isRate(lr) || !Array.isArray(groups) || !groups.every(isGroup))
    throw new FormatError(`${op}: the state of ${type} is missing learning rates, options or steps`);
  return { type, lr, groups };
}

/** What differs between options here and in a state, in words. */
export function compareOptions(current: SavedGroup["options"], saved: SavedGroup["options"]): string[] {
  const names = [...new Set([...Object.keys(current), ...Object.keys(saved)])];
  const changed = names.filter((name) => encodeValue(current[name] ?? null) !== encodeValue(saved[name] ?? null));
  return changed.map((name) => `${name} is ${word(current[name])}, but ${word(saved[name])} in the state`);
}

const word = (value: Value | undefined): string => (value === undefined ? "missing" : encodeValue(value));

/** @internal Whether a value is one with names. */
export const isObject = (value: Value | undefined): value is { readonly [name: string]: Value } =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** @internal */
export const isCount = (value: Value | undefined): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

const isRate = (value: Value | undefined): value is number =>
  typeof value === "number" && Number.isFinite(value) && value >= 0;

const isGroup = (value: unknown): value is SavedGroup => {
  if (!isObject(value as Value)) return false;
  const { lr, share, options, steps } = value as { readonly [name: string]: Value };
  return isRate(lr) && isRate(share) && isObject(options) && Array.isArray(steps) && steps.every(isCount);
};
