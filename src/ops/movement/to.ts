/**
 * The op that copies a tensor to another device, and its gradient back. It has no loop and no kernel: `transfer` in its
 * record makes core/apply.ts copy the buffer.
 */
import { apply } from "../../core/apply.js";
import { backend, type DeviceName } from "../../core/device.js";
import { defineOp } from "../../core/op.js";
import type { Tensor } from "../../tensor.js";

interface ToAttrs {
  readonly from: DeviceName;
  readonly to: DeviceName;
}

/** y = x on another device  =>  dx = dy on the device of x */
export const toOp = defineOp({
  name: "to",
  inputs: ["x"],
  types: { x: "unchanged" },
  transfer: true,
  infer: ({ x }, _: ToAttrs) => ({ shape: x.shape, dtype: x.dtype }),
  vjp: { x: (dy, _, { from }) => dy.to(from) },
});

/**
 * A copy of the tensor on another device; the tensor itself if it is on that device already. Blocks until the copy is
 * done. Gradients flow back to the device of `x`.
 *
 * @throws DeviceError if the device cannot be used, with the reason
 */
export function to(x: Tensor, device: DeviceName): Tensor {
  const target = backend(device);
  x.checkLive("to");
  return x.device === device ? x : apply(toOp, [x], { from: x.device, to: device }, target);
}
