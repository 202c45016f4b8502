/**
 * Linear regression by gradient descent, by hand on the tape: no module, no optimizer.
 *
 *     npx tsx examples/linear-regression.ts
 */
import { manualSeed, randn, Tape, tensor, zeros } from "wengert";

manualSeed(0);

// Data: y = X w + b and a little noise, for 200 points with 3 features each.
const trueW = tensor([[2], [-3.4], [1.7]]); // (3, 1)
const trueB = 4.2;
const x = randn([200, 3]); // (200, 3)
const y = x
  .matmul(trueW)
  .add(trueB)
  .add(randn([200, 1], { std: 0.05 })); // (200, 1)

let w = zeros([3, 1], { requiresGrad: true });
let b = zeros([1], { requiresGrad: true });
const lr = 0.05;

for (let step = 0; step <= 100; step++) {
  // The tape writes down what happens from here on. At the end of this block it frees all of it, except what is kept.
  using tape = new Tape();
  const loss = x.matmul(w).add(b).sub(y).square().mean();
  const [dw, db] = tape.gradients(loss, [w, b]);
  if (step % 20 === 0) console.log(`step ${String(step).padStart(3)}  loss ${loss.item().toFixed(5)}`);

  // Downhill. A tensor that leaves the tape is a constant; it becomes a variable again for the next step.
  const [nextW, nextB] = [tape.keep(w.sub(dw.mul(lr)).detach()), tape.keep(b.sub(db.mul(lr)).detach())];
  w.dispose();
  b.dispose();
  [w, b] = [nextW, nextB];
  w.requiresGrad = true;
  b.requiresGrad = true;
}

const show = (values: Iterable<number>): string => Array.from(values, (value) => value.toFixed(3)).join(", ");
console.log(`w  found ${show(w.dataSync())}  true ${show(trueW.dataSync())}`);
console.log(`b  found ${show(b.dataSync())}  true ${show([trueB])}`);
