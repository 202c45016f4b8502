import type { Tensor } from "../tensor.js";
import { type Context, context, withContext } from "./context.js";
import { GradientError } from "./errors.js";
import { defaultGenerator, type GeneratorState } from "./generator.js";
import type { Op } from "./op.js";
import { leavesBehind, pullback } from "./pullback.js";
import { checkTensor, Scope } from "./scope.js";
import { show } from "./shape.js";
import { tick } from "./storage.js";
import { Entry, type Variable } from "./variable.js";

/**
 * Gradient checkpointing (Chen et al., 2016, arXiv:1604.06174): `checkpoint(fn)` computes what `fn` does but saves
 * only its arguments; the walk back runs `fn` again to get the values it needs. Memory for time.
 *
 * `fn` may use parameters from outside. It must do the same both times: random numbers are drawn from the same state
 * of the default generator, but other side effects happen twice. It is synchronous, and returns a tensor.
 */
export function checkpoint<X extends readonly Tensor[]>(fn: (...xs: X) => Tensor): (...xs: X) => Tensor {
  return (...xs) => {
    const { recording, tape, higherOrder } = context();
    if (!recording) return fn(...xs);
    const inside = { higherOrder: higherOrder || tape !== null };
    const random = defaultGenerator.getState();
    const { value, externals } = runOnce(() => fn(...xs), inside);
    if (externals.length === 0) return value;
    const op = recomputeOp(fn, inside, random, externals);
    const entry = new Entry(op, externals, [value], xs, { xs }, undefined);
    value.attach(entry.outputs[0]);
    for (let open = tape; open; open = open.outer) open.write(entry);
    return value;
  };
}

/** Runs `fn`, and finds the variables from outside that its result depends on. What it recorded is dropped. */
function runOnce(fn: () => Tensor, inside: Partial<Context>): { value: Tensor; externals: Variable[] } {
  const begin = tick();
  let leaves: Variable[];
  let value: Tensor;
  {
    using scope = new Scope();
    const result = withContext({ ...inside, tape: null }, fn);
    checkTensor("checkpoint", "what the function returns", result);
    leaves = leavesBehind(result, begin);
    value = scope.keep(result.detach());
  }
  // A leaf that the scope took along was made by `fn` itself.
  return { value, externals: leaves.filter(({ leaf }) => !leaf?.disposed) };
}

/** The op whose gradient runs `fn` again. Its inputs are `externals`: variables, of which only `xs` are saved. */
function recomputeOp<X extends readonly Tensor[]>(
  fn: (...xs: X) => Tensor,
  inside: Partial<Context>,
  random: GeneratorState,
  externals: readonly Variable[],
): Op {
  const at = tick();
  const never = (): never => {
    throw new Error("checkpoint has no kernel of its own");
  };
  return {
    kind: "op",
    name: "checkpoint",
    inputs: [{ name: "externals", optional: false, type: "own" }],
    rest: 0,
    outputs: ["y"],
    differentiable: [true],
    save: [],
    view: true,
    firstOutput: 1,
    infer: never,
    args: never,
    cpu: never,
    vjp: (dy, saved, _, needs) => {
      for (const { leaf, dtype, shape } of externals)
        if (leaf && leaf.storage.writtenAt > at)
          throw new GradientError(
            `checkpoint: a ${dtype} ${show(shape)} that the function uses was changed in place (by an optimizer step, ` +
              "for example) since it ran; compute all gradients before you update",
          );
      const { xs } = saved as { xs: X };
      const needed = (needs as { externals: boolean[] }).externals;
      const { recording: createGraph, tape } = context();
      const since = tick();
      const again = withContext({ ...inside, recording: true, tape: createGraph ? tape : null }, () =>
        drawingAgain(random, () => fn(...xs)),
      );
      const wrt = externals.filter((_, i) => needed[i]);
      const found = pullback([again], [dy as Tensor], wrt, { createGraph, retainGraph: createGraph, since });
      return { externals: externals.map((v) => found.get(v) ?? null) };
    },
  };
}

/** Runs `fn` with the default generator as it was at `random`. */
function drawingAgain<T>(random: GeneratorState, fn: () => T): T {
  const now = defaultGenerator.getState();
  defaultGenerator.setState(random);
  try {
    return fn();
  } finally {
    defaultGenerator.setState(now);
  }
}
