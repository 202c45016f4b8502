/** Maps the values of number parameters to [0, 1] and back, and draws random points. Used by the searches. */
import type { Generator } from "../core/random/generator.js";
import { isActive, type Params, plain, type Scalar, type Space, type Unconditional } from "./space.js";

/** A parameter that is a number. */
export type Numeric = Exclude<Unconditional, { readonly kind: "choice" }>;

/** Searches see every number in [0, 1]: the value at the part `u` of the way through a parameter's range. */
export function fromUnit(parameter: Numeric, u: number): number {
  const { low, high } = parameter;
  if (parameter.kind === "uniform") return limitTo(low + u * (high - low), low, high);
  if (parameter.kind === "logUniform") return limitTo(Math.exp(mix(Math.log(low), Math.log(high), u)), low, high);
  // Each whole number has the same share of [0, 1]; with log, a share of the logarithms around it.
  if (parameter.log) return limitTo(Math.round(Math.exp(mix(Math.log(low - 0.5), Math.log(high + 0.5), u))), low, high);
  return limitTo(Math.floor(low + u * (high - low + 1)), low, high);
}

/** The reverse: the place of a value in [0, 1]; whole numbers are in the middle of their share. */
export function toUnit(parameter: Numeric, value: number): number {
  const { low, high } = parameter;
  const part = (x: number, from: number, to: number): number => limitTo((x - from) / (to - from), 0, 1);
  if (parameter.kind === "uniform") return part(value, low, high);
  if (parameter.kind === "logUniform") return part(Math.log(value), Math.log(low), Math.log(high));
  if (parameter.log) return part(Math.log(value), Math.log(low - 0.5), Math.log(high + 0.5));
  return part(value + 0.5, low, high + 1);
}

/** A point whose active parameters are what `pick` gives for them, one after the other. */
export function pickPoint(space: Space, pick: (name: string, parameter: Unconditional) => Scalar): Params {
  const point: Record<string, Scalar> = {};
  for (const [name, parameter] of Object.entries(space))
    if (isActive(parameter, point)) point[name] = pick(name, plain(parameter));
  return point as Params;
}

/** A random value of a parameter. */
export const draw = (parameter: Unconditional, generator: Generator): Scalar =>
  parameter.kind === "choice"
    ? parameter.values[generator.integer(parameter.values.length)]
    : fromUnit(parameter, generator.uniform());

const limitTo = (x: number, low: number, high: number): number => Math.min(Math.max(x, low), high);

const mix = (a: number, b: number, part: number): number => a + (b - a) * part;
