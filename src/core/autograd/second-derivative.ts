/**
 * Derivatives of fused gradient kernels, from the composition that the kernel replaces. The records of attention,
 * losses and norms call it in their gradient's `vjp`.
 */
import type { Tensor } from "../../tensor.js";
import { context, withContext } from "../context.js";
import { pullback } from "./pullback.js";
import { newVariable, type Variable } from "./variable.js";

/** An op as a composition of other ops, which have derivatives of every order. Inputs left out are undefined. */
export type Composition = (...inputs: (Tensor | undefined)[]) => Tensor;

/**
 * The derivative of a fused gradient kernel, without a separate formula or kernel. The kernel computes the
 * gradients of an op; this computes the same gradients by walking back through the op's composition, and walks back
 * through that walk.
 *
 * @param inputs - of the op; undefined for those left out
 * @param dy - the cotangent of the op's output that the kernel was given
 * @param cotangents - of the gradients that the kernel gives, in the order of `inputs`; undefined for an
 *   input without one
 * @returns the cotangents of `dy` and of the inputs
 */
export function differentiateTwice(
  forward: Composition,
  inputs: readonly (Tensor | undefined)[],
  dy: Tensor,
  cotangents: readonly (Tensor | undefined)[],
): { dy: Tensor; inputs: (Tensor | null)[] } {
  const { recording: createGraph, tape } = context();
  return withContext({ recording: true, tape: createGraph ? tape : null }, () => {
    const seed = newVariable(dy, createGraph);
    const xs = inputs.map((x) => x && newVariable(x, createGraph));
    const y = forward(...xs);
    const wrt = xs.filter((x) => x !== undefined).map(variableOf);
    const first = pullback([y], [seed], wrt, { createGraph: true, retainGraph: true });
    const roots: Tensor[] = [];
    const seeds: Tensor[] = [];
    xs.forEach((x, i) => {
      const gradient = x && first.get(variableOf(x));
      const cotangent = cotangents[i];
      if (!gradient?.variable || !cotangent) return;
      roots.push(gradient);
      seeds.push(cotangent);
    });
    const second = pullback(roots, seeds, [variableOf(seed), ...wrt], { createGraph, retainGraph: true });
    const cotangentOf = (x: Tensor): Tensor => second.get(variableOf(x)) ?? x.zeros();
    return { dy: cotangentOf(seed), inputs: xs.map((x) => (x ? cotangentOf(x) : null)) };
  });
}

const variableOf = (x: Tensor): Variable => x.variable as Variable;
