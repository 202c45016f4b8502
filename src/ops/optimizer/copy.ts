/**
 * Copies values into existing tensors in place. Loading of state dicts, `assign`, moving averages and early
 * stopping call it. It is not an op and is never recorded.
 */
import { applyUpdate } from "../../core/apply.js";
import { noGrad } from "../../core/autograd/grad.js";
import { tidy } from "../../core/memory/scope.js";
import type { Tensor } from "../../tensor.js";
import { copyUpdate } from "./updates.js";

/**
 * Copies values into as many tensors of the same shapes, in place, in the dtype and on the device that each has.
 * Nothing is recorded.
 *
 * @param user - who copies, for messages
 * @throws DisposedError; nothing has changed then
 */
export function copyValues(user: string, source: readonly Tensor[], target: readonly Tensor[]): void {
  for (const t of [...source, ...target]) t.checkLive(user);
  noGrad(() =>
    tidy(() => {
      const near = source.map((t, i) => t.to(target[i].device));
      for (const device of new Set(target.map((t) => t.device))) {
        const here = (t: Tensor): boolean => t.device === device;
        applyUpdate(copyUpdate, { source: near.filter(here), target: target.filter(here) }, undefined);
      }
    }),
  );
}
