/**
 * The spaces that a study searches: number ranges, choices and conditional parameters, and the checks of points. Used
 * by all searches and by study files.
 */
import { ArgumentError } from "../core/errors.js";
import { quote } from "../core/quote.js";

/** A value of a `choice`; study files hold it as JSON. */
export type Scalar = string | number | boolean | null;

/** A number from `low` to `high`, all equally likely. */
export interface Uniform {
  /** Tells the kinds of parameters apart. */
  readonly kind: "uniform";
  /** The least value. */
  readonly low: number;
  /** The largest value. */
  readonly high: number;
}

/** A number from `low` to `high`, all orders of magnitude equally likely. */
export interface LogUniform {
  /** Tells the kinds of parameters apart. */
  readonly kind: "logUniform";
  /** The least value, above 0. */
  readonly low: number;
  /** The largest value. */
  readonly high: number;
}

/** A whole number from `low` to `high`, both included; with `log`, all orders of magnitude equally likely. */
export interface Integer {
  /** Tells the kinds of parameters apart. */
  readonly kind: "integer";
  /** The least value. */
  readonly low: number;
  /** The largest value. */
  readonly high: number;
  /** Whether all orders of magnitude are equally likely. */
  readonly log: boolean;
}

/** One of several values, all equally likely. */
export interface Choice<T extends Scalar = Scalar> {
  /** Tells the kinds of parameters apart. */
  readonly kind: "choice";
  /** The values to choose from. */
  readonly values: readonly T[];
}

/** A parameter that every point has. */
export type Unconditional = Uniform | LogUniform | Integer | Choice;

/** A parameter that a point has only if another parameter has one of certain values. */
export interface Conditional<P extends Unconditional = Unconditional> {
  /** Tells the kinds of parameters apart. */
  readonly kind: "when";
  /** The name of the parameter it depends on. */
  readonly parameter: string;
  /** The values of that parameter for which it exists. */
  readonly values: readonly Scalar[];
  /** The parameter itself. */
  readonly then: P;
}

/** A parameter of a space. */
export type Parameter = Unconditional | Conditional;

/** The parameters to search, by name. A conditional parameter comes after the one it depends on. */
export type Space = Readonly<Record<string, Parameter>>;

type ValueOf<P> = P extends Conditional<infer Q> ? ValueOf<Q> | undefined : P extends Choice<infer T> ? T : number;

/** A point of a space: a value for each parameter, except for conditional ones whose condition does not hold. */
export type Params<S extends Space = Space> = { readonly [K in keyof S]: ValueOf<S[K]> };

/** A number between two bounds, all equally likely. @throws ArgumentError unless low < high are finite */
export function uniform(low: number, high: number): Uniform {
  checkRange("uniform", low, high);
  return { kind: "uniform", low, high };
}

/**
 * A number between two bounds, all orders of magnitude equally likely: for a learning rate, for example.
 *
 * @throws ArgumentError unless 0 < low < high are finite
 */
export function logUniform(low: number, high: number): LogUniform {
  checkRange("logUniform", low, high);
  if (low <= 0) throw new ArgumentError(`logUniform: low must be greater than 0, got ${low}`);
  return { kind: "logUniform", low, high };
}

/**
 * A whole number between two bounds, both included.
 *
 * @param options - `log`: all orders of magnitude are equally likely. Default false
 * @throws ArgumentError unless low < high are integers, from 1 up with `log`
 */
export function integer(low: number, high: number, { log = false }: { readonly log?: boolean } = {}): Integer {
  checkRange("integer", low, high);
  if (!Number.isSafeInteger(low) || !Number.isSafeInteger(high))
    throw new ArgumentError(`integer: low and high must be integers, got ${low} and ${high}`);
  if (log && low < 1) throw new ArgumentError(`integer: with log, low must be at least 1, got ${low}`);
  return { kind: "integer", low, high, log };
}

/**
 * One of several values.
 *
 * @throws ArgumentError unless there are values, all different, each a string, a finite number, a boolean or null
 */
export function choice<const T extends Scalar>(values: readonly T[]): Choice<T> {
  if (!Array.isArray(values) || values.length === 0)
    throw new ArgumentError("choice: values must be a non-empty array");
  for (const value of values)
    if (!isScalar(value))
      throw new ArgumentError(
        `choice: a value must be a string, a finite number, a boolean or null, got ${quote(value)}`,
      );
  if (new Set(values).size !== values.length) throw new ArgumentError("choice: a value appears twice in the list");
  return { kind: "choice", values: [...values] };
}

/**
 * The parameter `then`, only if `parameter` has one of `values`: `when("optimizer", "SGD", uniform(0, 0.99))`.
 *
 * @throws ArgumentError if `then` is conditional itself
 */
export function when<P extends Unconditional>(
  parameter: string,
  values: Scalar | readonly Scalar[],
  then: P,
): Conditional<P> {
  if ((then as Parameter).kind === "when")
    throw new ArgumentError("when: the parameter must not be conditional itself");
  return { kind: "when", parameter, values: Array.isArray(values) ? [...values] : [values as Scalar], then };
}

const isScalar = (value: unknown): value is Scalar =>
  value === null || typeof value === "string" || typeof value === "boolean" || Number.isFinite(value);

function checkRange(name: string, low: number, high: number): void {
  if (!Number.isFinite(low) || !Number.isFinite(high) || low >= high)
    throw new ArgumentError(
      `${name}: low and high must be finite, with low < high, got ${quote(low)} and ${quote(high)}`,
    );
}

/** @internal Throws unless there are parameters, and each condition is of an earlier one that can meet it. */
export function checkSpace(space: Space): void {
  const entries = Object.entries(space);
  if (entries.length === 0) throw new ArgumentError("Study: the space has no parameters");
  entries.forEach(([name, parameter], i) => {
    if (parameter.kind !== "when") return;
    const before = entries.slice(0, i).find(([earlier]) => earlier === parameter.parameter);
    if (!before)
      throw new ArgumentError(
        `Study: ${name} depends on ${parameter.parameter}, which must come before it in the space`,
      );
    const impossible = parameter.values.find((value) => !holds(plain(before[1]), value));
    if (impossible !== undefined)
      throw new ArgumentError(
        `Study: ${name} requires ${parameter.parameter} to be ${quote(impossible)}, which is not one of its values`,
      );
  });
}

/** @internal The parameter without its condition. */
export const plain = (parameter: Parameter): Unconditional => (parameter.kind === "when" ? parameter.then : parameter);

/** @internal Whether a parameter is there, given the values of those before it. */
export const isActive = (parameter: Parameter, values: Readonly<Record<string, unknown>>): boolean =>
  parameter.kind !== "when" || parameter.values.includes(values[parameter.parameter] as Scalar);

/** @internal Whether a value is one that the parameter can have. */
export function holds(parameter: Unconditional, value: unknown): boolean {
  if (parameter.kind === "choice") return parameter.values.includes(value as Scalar);
  if (typeof value !== "number" || !(value >= parameter.low && value <= parameter.high)) return false;
  return parameter.kind !== "integer" || Number.isInteger(value);
}

/** @internal The reason why a point is not in the space; null if it is. */
export function pointRule(space: Space, point: Readonly<Record<string, unknown>>): string | null {
  for (const [name, parameter] of Object.entries(space)) {
    if (!isActive(parameter, point)) {
      if (name in point) return `${name} is set, but its condition is not met`;
    } else if (!holds(plain(parameter), point[name])) return `${name} has the invalid value ${quote(point[name])}`;
  }
  const strange = Object.keys(point).find((name) => !(name in space));
  return strange === undefined ? null : `${strange} is not a parameter`;
}
