import { expect, test } from "vitest";
import { Tape, Tensor, grad, checkpoint, memory, noGrad, tensor, tidy, vjp, valueAndGrad } from "../../src/index.js";

test("smoke", () => {
  const w = tensor([[1, 2], [3, 4]], { requiresGrad: true });
  const x = tensor([[1, 1]]);
  {
    using tape = new Tape();
    const y = x.matmul(w).mul(2).add(1).exp().sum();
    const [g] = tape.gradients(y, [w]);
    console.log(String(tape), String(g));
  }
  console.log(memory());
  const f = (a: Tensor) => a.mul(a).mul(a).sum();
  console.log(String(grad(f)(tensor([1, 2]))), String(grad((a: Tensor) => grad(f)(a).sum())(tensor([1, 2]))));
  console.log(String(grad((b: Tensor) => grad((a: Tensor) => grad(f)(a).sum())(b).sum())(tensor([1, 2]))));
  console.log(memory());
  tidy(() => { const l = x.matmul(w).mul(3).sum(); l.backward(); });
  console.log(String(w.grad), memory());
  const c = checkpoint((a: Tensor) => a.matmul(w).exp());
  tidy(() => { c(x).sum().backward(); });
  console.log(String(w.grad), memory());
  const { value, pullback } = vjp((a: Tensor) => a.exp())(x);
  console.log(String(value), pullback(tensor([[1, 2]])).map(String));
  expect(1).toBe(1);
});
test("matmul speed", () => {
  const a = tensor(new Float32Array(64*121*288).map(() => Math.random()), { shape: [64*121, 288] });
  const b = tensor(new Float32Array(64*288).map(() => Math.random()), { shape: [288, 64] });
  for (let i = 0; i < 8; i++) { const t = performance.now(); a.matmul(b).dispose(); const d = performance.now() - t; console.log(d.toFixed(1), "ms", (64*121*288*64 / d / 1e6).toFixed(2), "GMAC/s"); }
});
test("overhead", () => {
  const w = tensor(new Float32Array(16), { requiresGrad: true });
  const x = tensor(new Float32Array(16));
  for (let r = 0; r < 6; r++) {
    const t = performance.now();
    for (let i = 0; i < 1000; i++) { using tape = new Tape(); for (let j = 0; j < 100; j++) w.mul(x); }
    const d1 = (performance.now() - t) * 1e6 / 1e5;
    const t2 = performance.now();
    for (let i = 0; i < 1000; i++) { tidy(() => { for (let j = 0; j < 100; j++) w.mul(x); }) }
    const d2 = (performance.now() - t2) * 1e6 / 1e5;
    console.log(d1.toFixed(0), d2.toFixed(0), "ns per op");
  }
});
