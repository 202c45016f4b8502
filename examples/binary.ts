/**
 * Two classes: a sigmoid at the end of the network, binary cross-entropy as its loss, accuracy and the area under the
 * ROC curve as its measures. The points of the classes lie on two half moons that reach into each other, so that no
 * straight line parts them.
 *
 * If the outputs may come close to 0 or 1, `binaryCrossEntropyWithLogits` on outputs without the sigmoid is better: in
 * float32 a sigmoid is 1 from 17.4 on, and an error there has no gradient any more.
 *
 *     npx tsx examples/binary.ts --help
 */
import { arange, binaryCrossEntropy, manualSeed, rand, randn, stack, tidy } from "wengert";
import { arrayDataset, DataLoader, type Dataset, type HostArray } from "wengert/data";
import { Accuracy, AUC } from "wengert/metrics";
import { Linear, ReLU, Sequential, Sigmoid } from "wengert/nn";
import { Adam } from "wengert/optim";
import { ProgressBar, Trainer } from "wengert/train";
import { evaluationLoader } from "./support/loader.js";
import { integer, positive, program, text } from "./support/program.js";

const usage = `Learns to tell apart the points of two half moons.

npx tsx examples/binary.ts [options]

  --points N     number of training points; half as many test points are added (default 1000)
  --noise X      standard deviation of the points' distance from their moon (default 0.2)
  --epochs N     passes over the points (default 30)
  --batch N      points per step (default 50)
  --lr X         Adam learning rate (default 0.01)
  --seed N       random seed for the points, weights and order (default 0)
  --device NAME  cpu, cuda or emulator (default: WENGERT_DEVICE if set, else cuda if a working GPU is found, else cpu)
  --help         print this text`;

const options = {
  points: integer(1000, 4),
  noise: positive(0.2),
  epochs: integer(30, 1),
  batch: integer(50, 1),
  lr: positive(0.01),
  seed: integer(0),
  device: text(),
};

/** Points `x`, (2), and their classes `y`, (1): 0 and 1 in turn. */
function twoMoons(count: number, noise: number): Dataset<{ readonly x: HostArray; readonly y: HostArray }> {
  return tidy(() => {
    const y = arange(count).mod(2); // (N)
    const angle = rand([count]).mul(Math.PI);
    // Class 0 is (cos a, sin a), an arch; class 1 is (1 - cos a, 1/2 - sin a), a bowl whose rim is under the arch.
    const sign = y.mul(-2).add(1);
    const moons = stack([sign.mul(angle.cos()).add(y), sign.mul(angle.sin()).add(y.div(2))], 1); // (N, 2)
    const x = moons.add(randn([count, 2], { std: noise }));
    return arrayDataset({
      x: { shape: [count, 2], data: Float32Array.from(x.dataSync()) },
      y: { shape: [count, 1], data: Float32Array.from(y.dataSync()) },
    });
  });
}

await program("binary", usage, options, async ({ points, noise, epochs, batch, lr, seed }) => {
  manualSeed(seed);
  const train = new DataLoader(twoMoons(points, noise), { batch, shuffle: true });
  const test = evaluationLoader(twoMoons(Math.floor(points / 2), noise), batch);

  const model = new Sequential(
    ...[new Linear(2, 16), new ReLU()], // (B, 16)
    ...[new Linear(16, 16), new ReLU()],
    ...[new Linear(16, 1), new Sigmoid()], // (B, 1), the probability of class 1
  );
  const trainer = new Trainer({
    model,
    optimizer: new Adam(model.parameters(), { lr }),
    loss: binaryCrossEntropy,
    metrics: { accuracy: new Accuracy({ threshold: 0.5 }), auc: new AUC() },
    callbacks: [new ProgressBar()],
  });
  await trainer.fit(train, { epochs });

  const { loss, accuracy, auc } = await trainer.evaluate(test);
  console.log(`test loss ${loss.toFixed(4)}, test accuracy ${(100 * accuracy).toFixed(2)}%, AUC ${auc.toFixed(4)}`);
});
