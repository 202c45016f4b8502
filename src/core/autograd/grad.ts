/**
 * Gradients as functions: `backward`, `grad`, `valueAndGrad`, `vjp`, `noGrad` and `enableGrad`. They prepare
 * variables and seeds; the walk itself is in pullback.ts.
 */
import type { Tensor } from "../../tensor.js";
import { context, runInContext, withContext } from "../context.js";
import { GradientError } from "../errors.js";
import { checkTensor, keep, Scope, tidy } from "../memory/scope.js";
import { quote } from "../quote.js";
import { checkRecorded, pullback, seedFor } from "./pullback.js";
import { gradientsOf, Tape } from "./tape.js";
import { newVariable, type Variable } from "./variable.js";

/**
 * Runs `fn`, which may be asynchronous, without recording: its results are constants.
 *
 * @returns the result of `fn`
 */
export function noGrad<T>(fn: () => T): T {
  return runInContext({ recording: false }, fn);
}

/**
 * Runs `fn`, which may be asynchronous, with recording switched on again inside a `noGrad`.
 *
 * @returns the result of `fn`
 */
export function enableGrad<T>(fn: () => T): T {
  return runInContext({ recording: true }, fn);
}

/** Whether ops on tensors that require a gradient are recorded here: false inside `noGrad`. */
export const isGradEnabled = (): boolean => context().recording;

/** The options of `backward`. */
export interface BackwardOptions {
  /** The cotangent of the output, of its shape. Needed unless the output has one element. Default: 1. */
  readonly cotangent?: Tensor;
  /** Keep the saved values, so that backward() can use them again. Default: the value of `createGraph`. */
  readonly retainGraph?: boolean;
  /** Record the computation of the gradients, so that they can be differentiated. Default false. */
  readonly createGraph?: boolean;
}

/**
 * Adds the gradient of `output` to the `grad` of every leaf that it depends on. No scope owns the `grad` tensors.
 *
 * @throws GradientError if the output is not a scalar and no cotangent is given, if nothing requires a gradient, or if
 *   an op on the way has no gradient; ShapeError if the cotangent does not fit; DisposedError. No `grad` has changed
 *   then
 */
export function backward(output: Tensor, options: BackwardOptions = {}): void {
  const { cotangent, createGraph = false, retainGraph = createGraph } = options;
  checkTensor("backward", "the output", output);
  output.checkLive("backward");
  checkRecorded("backward", output);
  using _scope = new Scope();
  const seed = seedFor("backward", output, cotangent);
  const found = pullback([output], [seed], null, { createGraph, retainGraph });
  const sums: [leaf: Tensor, sum: Tensor][] = [];
  for (const [{ leaf }, gradient] of found) {
    if (!leaf || leaf.disposed) continue;
    leaf.grad?.checkLive("backward: the existing grad");
    sums.push([leaf, withContext({ recording: createGraph }, () => leaf.grad?.add(gradient)) ?? gradient]);
  }
  for (const [leaf, sum] of sums) {
    leaf.grad?.dispose();
    leaf.grad = keep(sum);
  }
}

type Fn<X extends readonly Tensor[], Y = Tensor> = (...xs: X) => Y;
type Gradients<N> = N extends readonly number[] ? Tensor[] : Tensor;

/**
 * The gradient of a scalar function, as a function of the same arguments. Applied twice, it gives second derivatives.
 *
 * ```ts
 * grad((x) => x.mul(x).sum())(x)    // 2x
 * ```
 *
 * @param argnums - the position of the argument to differentiate with respect to, and then the result is a tensor; or
 *   several positions, and then it is an array. Default 0
 * @returns a function that throws GradientError for a position without an argument, and as `Tape.gradients` does
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

/** As `grad`, but the new function returns the value of `f` together with the gradient. */
export function valueAndGrad<X extends readonly Tensor[], N extends number | readonly number[] = 0>(
  f: Fn<X>,
  argnums?: N,
): (...xs: X) => { value: Tensor; grad: Gradients<N> } {
  return (...xs) => {
    using tape = new Tape();
    const { inputs, wrt } = variablesFor("grad", xs, argnums ?? 0);
    const value = enableGrad(() => f(...inputs));
    const grads = gradientsOf("grad", value, wrt, { unused: "zeros" }, tape.higherOrder);
    for (const g of grads) tape.keep(g);
    return {
      // Another tensor, since `f` may return a tensor from outside.
      value: tape.keep(context().recording ? value.alias() : value.detach()),
      grad: (typeof (argnums ?? 0) === "number" ? grads[0] : grads) as Gradients<N>,
    };
  };
}

/**
 * The vector-Jacobian product of `f`: its value, and its pullback, a function from a cotangent of the value to the
 * cotangents of all arguments. The pullback may be called several times, until the value is disposed.
 */
export function vjp<X extends readonly Tensor[]>(
  f: Fn<X>,
): (...xs: X) => { value: Tensor; pullback: (cotangent: Tensor) => Tensor[] } {
  return (...xs) => {
    let wrt: Variable[] = [];
    const value = tidy(() => {
      const variables = variablesFor("vjp", xs, [...xs.keys()]);
      wrt = variables.wrt;
      const output = enableGrad(() => f(...variables.inputs));
      checkTensor("vjp", "the function's result", output);
      return output.alias();
    });
    return {
      value,
      pullback: (cotangent) => {
        checkTensor("vjp", "the cotangent", cotangent);
        const { recording, tape, higherOrder } = context();
        const createGraph = recording && (higherOrder || tape !== null || cotangent.requiresGrad);
        return gradientsOf("vjp", value, wrt, { cotangent, unused: "zeros" }, createGraph);
      },
    };
  };
}

/**
 * The arguments, with new variables at the positions `argnums`. If the function uses one of the caller's tensors from
 * outside too, the two are told apart: in grad((y) => x.mul(y).sum())(x) only y is differentiated.
 */
function variablesFor<X extends readonly Tensor[]>(
  name: string,
  xs: X,
  argnums: number | readonly number[],
): { inputs: X; wrt: Variable[] } {
  const positions = typeof argnums === "number" ? [argnums] : argnums;
  const inputs: Tensor[] = [...xs];
  for (const i of new Set(positions)) {
    if (!(i in xs))
      throw new GradientError(
        `${name}: argument index ${quote(i)} is out of range; the number of arguments is ${xs.length}`,
      );
    const x: unknown = xs[i];
    checkTensor(name, `argument ${i}`, x);
    x.checkLive(name);
    inputs[i] = newVariable(x, context().recording);
  }
  return { inputs: inputs as unknown as X, wrt: positions.map((i) => inputs[i].variable as Variable) };
}
