/** Convolutions of images in NCHW: the result, and the gradients of images and filters. Called by ../work.ts. */
import { conv2d, type Tensor, vjp } from "../../../src/index.js";
import { type Row, size } from "../rows.js";
import type { Operands, Work } from "../work.js";
import { elementOf, last, random, sampleOf } from "./operands.js";

/** Channels and filters that are compared, at each end and within. One each of the filters' gradient, which sums over all images. */
const sampled = 4;

export function convWork(row: Row): Work {
  const { dtype, bytes } = elementOf(row);
  const [n, c, k, image] = [size(row, "batch"), size(row, "channels"), size(row, "filters"), size(row, "image")];
  const [kernel, stride, padding] = [size(row, "kernel"), size(row, "stride"), size(row, "padding")];
  const out = Math.floor((image + 2 * padding - kernel) / stride) + 1;
  const [images, filters, results] = [n * c * image ** 2, k * c * kernel ** 2, n * k * out ** 2];
  const operands = (): [Tensor, Tensor] => [random(dtype, n, c, image, image), random(dtype, k, c, kernel, kernel)];
  const common = { bytes: (images + filters + results) * bytes, flops: 2 * results * c * kernel ** 2 };
  const convolve = (x: Tensor, w: Tensor): Tensor => conv2d(x, w, null, { stride, padding });

  /** The gradient for one operand; the other is a constant, so that nothing else is computed. */
  function gradient(wrt: "x" | "w"): Operands {
    const [x, w] = operands();
    const f = wrt === "x" ? (v: Tensor) => convolve(v, w) : (v: Tensor) => convolve(x, v);
    const { value, pullback } = vjp(f)(wrt === "x" ? x : w);
    const dy = random(dtype, ...value.shape);
    return { tensors: wrt === "x" ? [w, dy] : [x, dy], run: () => pullback(dy) };
  }

  if (row.direction === "dx")
    return {
      ...common,
      make: () => gradient("x"),
      sample: ({ tensors: [w, dy] }, [dx]) => ({
        inputs: [sampleOf(w, 1, sampled), last(dy, 0)],
        outputs: [sampleOf(last(dx, 0), 1, sampled)],
      }),
    };
  if (row.direction === "dw")
    return {
      ...common,
      make: () => gradient("w"),
      sample: ({ tensors: [x, dy] }, [dw]) => ({
        inputs: [sampleOf(x, 1, 1), sampleOf(dy, 1, 1)],
        outputs: [sampleOf(sampleOf(dw, 0, 1), 1, 1)],
      }),
    };
  return {
    ...common,
    make() {
      const [x, w] = operands();
      return { tensors: [x, w], run: () => [convolve(x, w)] };
    },
    sample: ({ tensors: [x, w] }, [y]) => ({
      inputs: [last(x, 0), sampleOf(w, 0, sampled)],
      outputs: [sampleOf(last(y, 0), 1, sampled)],
    }),
  };
}
