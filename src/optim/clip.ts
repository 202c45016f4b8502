/**
 * Bounds on gradients: by the norm of all of them, or element by element. Users call it between backward and step;
 * Trainer's `clip` option and NaNGuard do too.
 */
import { noGrad } from "../core/autograd/grad.js";
import { ArgumentError, GradientError } from "../core/errors.js";
import { keep, Scope } from "../core/memory/scope.js";
import { quote } from "../core/quote.js";
import { minimum, stack } from "../ops/index.js";
import type { Tensor } from "../tensor.js";

/** Gradients in the order of their parameters; null where a parameter has none. */
export type GradientList = readonly (Tensor | null)[];

/** Options of `clipNorm` and `clipGradNorm`. */
export interface ClipNormOptions {
  /** The order of the norm: a number above 0, or Infinity for the largest absolute value. Default 2. */
  readonly normType?: number;
  /** Throw if the norm is NaN or infinite; this waits for the device. Default false: NaN spreads, as in PyTorch. */
  readonly errorIfNonfinite?: boolean;
}

/** The result of `clipNorm`: gradients whose norm is bounded, and the norm before. */
export interface ClippedGradients {
  /** New tensors: gradients of different parameters may share a buffer, so none is changed in place. */
  readonly gradients: (Tensor | null)[];
  /**
   * The norm of all gradients together before clipping: a scalar of float32, or of float64 if one gradient is float64.
   */
  readonly norm: Tensor;
}

/**
 * The norm of all gradients together, as if they were one vector.
 *
 * @throws ArgumentError for a normType that is not above 0, or a list without a gradient
 */
export function gradNorm(gradients: GradientList, normType = 2): Tensor {
  const op = "gradNorm";
  if (!(normType > 0)) throw new ArgumentError(`${op}: normType must be greater than 0, got ${quote(normType)}`);
  return noGrad(() => {
    using scope = new Scope();
    const given = gradients.filter((gradient) => gradient !== null);
    if (given.length === 0) throw new ArgumentError(`${op}: there are no gradients`);
    const wide = given.some(({ dtype }) => dtype === "float64") ? "float64" : "float32";
    // |(|a|, |b|, ...)| = |(a, b, ...)|, in 32 bits at least: squares of 16-bit numbers overflow.
    const norms = given.map((gradient) => gradient.cast(wide).norm(undefined, { p: normType }));
    return scope.keep(stack(norms, 0).norm(undefined, { p: normType }));
  });
}

/**
 * Scales gradients down so that their norm together is at most `maxNorm` (Pascanu, Mikolov and Bengio 2013):
 *
 * ```ts
 * const { gradients } = clipNorm(tape.gradients(loss, optimizer.parameters), 1);
 * optimizer.step(gradients);
 * ```
 *
 * @throws ArgumentError for a maxNorm that is not above 0, or as `gradNorm`; GradientError with `errorIfNonfinite`
 */
export function clipNorm(
  gradients: GradientList,
  maxNorm: number,
  { normType = 2, errorIfNonfinite = false }: ClipNormOptions = {},
): ClippedGradients {
  if (!(maxNorm > 0)) throw new ArgumentError(`clipNorm: maxNorm must be greater than 0, got ${quote(maxNorm)}`);
  return noGrad(() => {
    using scope = new Scope();
    const norm = gradNorm(gradients, normType);
    if (errorIfNonfinite) {
      const value = norm.item();
      if (!Number.isFinite(value))
        throw new GradientError(`clipNorm: the norm of the gradients must be finite, got ${value}`);
    }
    // g *= min(1, maxNorm / (norm + 1e-6)), as in PyTorch
    const scale = minimum(norm.add(1e-6).reciprocal().mul(maxNorm), 1);
    const clipped = gradients.map((g) => g && scope.keep(g.mul(scale).cast(g.dtype)));
    return { gradients: clipped, norm: scope.keep(norm) };
  });
}

/**
 * Gradients with every element cut off at -limit and limit. New tensors; NaN stays NaN.
 *
 * @throws ArgumentError for a limit that is not above 0
 */
export function clipValue(gradients: GradientList, limit: number): (Tensor | null)[] {
  if (!(limit > 0)) throw new ArgumentError(`clipValue: limit must be greater than 0, got ${quote(limit)}`);
  return noGrad(() => gradients.map((g) => g?.clamp({ min: -limit, max: limit }) ?? null));
}

/**
 * As `clipNorm`, for the gradients that `backward` has put into `grad`. Parameters without one are left out.
 *
 * @returns the norm that the gradients had, a scalar
 */
export function clipGradNorm(parameters: Iterable<Tensor>, maxNorm: number, options: ClipNormOptions = {}): Tensor {
  const list = [...parameters].filter(({ grad }) => grad !== null);
  const { gradients, norm } = clipNorm(
    list.map(({ grad }) => grad),
    maxNorm,
    options,
  );
  replace(list, gradients);
  return norm;
}

/** As `clipValue`, for the gradients that `backward` has put into `grad`. */
export function clipGradValue(parameters: Iterable<Tensor>, limit: number): void {
  const list = [...parameters].filter(({ grad }) => grad !== null);
  replace(
    list,
    clipValue(
      list.map(({ grad }) => grad),
      limit,
    ),
  );
}

function replace(parameters: readonly Tensor[], gradients: GradientList): void {
  parameters.forEach((parameter, i) => {
    const gradient = gradients[i];
    parameter.grad?.dispose();
    parameter.grad = gradient && keep(gradient);
  });
}
