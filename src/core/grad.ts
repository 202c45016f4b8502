import type { Tensor } from "../tensor.js";
import { context, runInContext, withContext } from "./context.js";
import { GradientError } from "./errors.js";
import { checkRecorded, pullback, seedFor } from "./pullback.js";
import { keep, Scope, tidy } from "./scope.js";
import { gradientsOf, Tape } from "./tape.js";

/** Runs `fn`, synchronous or not, without recording: what it makes are constants. */
export function noGrad<T>(fn: () => T): T {
  return runInContext({ recording: false }, fn);
}

/** Runs `fn` with recording on, inside a `noGrad`. */
export function enableGrad<T>(fn: () => T): T {
  return runInContext({ recording: true }, fn);
}

/** True where ops on tensors that require a gradient are recorded. */
export const isGradEnabled = (): boolean => context().recording;

export interface BackwardOptions {
  /** The cotangent of the output, of its shape. Needed where the output is not a scalar. */
  readonly cotangent?: Tensor;
  /** Keep the saved values so that backward() can run through them again. Default: the value of `createGraph`. */
  readonly retainGraph?: boolean;
  /** Record the computation of the gradients, so that they can be differentiated. */
  readonly createGraph?: boolean;
}

/**
 * Adds the gradient of `output` to the `grad` of every leaf it depends on. The `grad` tensors belong to no scope.
 *
 * @throws GradientError if the output is no scalar and no cotangent is given, or if nothing requires a gradient
 */
export function backward(output: Tensor, options: BackwardOptions = {}): void {
  const { cotangent, createGraph = false, retainGraph = createGraph } = options;
  output.checkLive("backward");
  checkRecorded("backward", output);
  using _scope = new Scope();
  const seed = seedFor("backward", output, cotangent);
  const found = pullback([output], [seed], null, { createGraph, retainGraph });
  for (const [{ leaf }, gradient] of found) {
    if (!leaf || leaf.disposed) continue;
    const before = leaf.grad;
    leaf.grad = keep(before ? withContext({ recording: createGraph }, () => before.add(gradient)) : gradient);
    before?.dispose();
  }
}

type Fn<X extends readonly Tensor[], Y = Tensor> = (...xs: X) => Y;
type Gradients<N> = N extends readonly number[] ? Tensor[] : Tensor;

/**
 * The function that gives the gradient of a scalar function, with respect to the argument `argnums` (one position:
 * a tensor; several: an array). Applied twice, it gives second derivatives.
 *
 * ```ts
 * grad((x) => x.mul(x).sum())(x)    // 2x
 * ```
 */
export function grad<X extends readonly Tensor[], N extends number | readonly number[] = 0>(
  f: Fn<X>,
  argnums?: N,
): (...xs: X) => Gradients<N> {
  const both = valueAndGrad(f, argnums);
  return (...xs) => {
    const { value, grad } = both(...xs);
    value.dispose();
    return grad;
  };
}

/** As `grad`, but gives the function's value too. */
export function valueAndGrad<X extends readonly Tensor[], N extends number | readonly number[] = 0>(
  f: Fn<X>,
  argnums?: N,
): (...xs: X) => { value: Tensor; grad: Gradients<N> } {
  return (...xs) => {
    using tape = new Tape();
    const { inputs, wrt } = variablesFor(xs, argnums ?? 0);
    const value = enableGrad(() => f(...inputs));
    const grads = gradientsOf("grad", value, wrt, { unused: "zeros" }, tape.outer !== null);
    for (const g of grads) tape.keep(g);
    return {
      value: tape.keep(value.scope === null || xs.includes(value) ? value.alias() : value),
      grad: (typeof (argnums ?? 0) === "number" ? grads[0] : grads) as Gradients<N>,
    };
  };
}

/**
 * The value of `f` and its pullback: a function from a cotangent of the value to the cotangents of all arguments.
 * The pullback may be called several times.
 */
export function vjp<X extends readonly Tensor[]>(
  f: Fn<X>,
): (...xs: X) => { value: Tensor; pullback: (cotangent: Tensor) => Tensor[] } {
  return (...xs) => {
    const { value, wrt } = tidy(() => {
      const { inputs, wrt } = variablesFor(
        xs,
        xs.map((_, i) => i),
      );
      return { value: enableGrad(() => f(...inputs)), wrt };
    });
    return {
      value,
      pullback: (cotangent) =>
        gradientsOf("vjp", value, wrt, { cotangent, unused: "zeros" }, context().tape !== null || cotangent.requiresGrad),
    };
  };
}

/** The arguments, with those to differentiate made variables: aliases, so that the caller's tensors stay as they are. */
function variablesFor<X extends readonly Tensor[]>(xs: X, argnums: number | readonly number[]): { inputs: X; wrt: Tensor[] } {
  const positions = typeof argnums === "number" ? [argnums] : argnums;
  const inputs = [...xs];
  const wrt = positions.map((i) => {
    if (!inputs[i]) throw new GradientError(`grad: argument ${i} of ${xs.length} was asked for`);
    if (!inputs[i].variable) {
      inputs[i] = inputs[i].alias();
      inputs[i].requiresGrad = true;
    }
    return inputs[i];
  });
  return { inputs: inputs as unknown as X, wrt };
}

