/**
 * The accuracy of examples/mnist.ts on ../shared/data/mnist (or the folder given as argument), over seeds 0, 1 and 2:
 * 9,000 images to train on, 1,000 to test, 3 epochs. Fails below the bound.
 */
import { fileURLToPath } from "node:url";
import { manualSeed } from "wengert";
import { loadMnist } from "wengert/data";
import { convolutionalNetwork, train } from "../examples/mnist/training.js";

const bound = 0.97;
const folder = process.argv[2] ?? fileURLToPath(new URL("../../shared/data/mnist", import.meta.url));

const images = await loadMnist({ data: folder });
console.log(`${images.source}: ${images.train.count} for training, ${images.test.count} for testing`);
const accuracies: number[] = [];
for (const seed of [0, 1, 2]) {
  const started = performance.now();
  manualSeed(seed);
  using network = convolutionalNetwork(images.train.height, images.train.width);
  const accuracy = await train(network, images, {
    epochs: 3,
    batch: 64,
    lr: 1e-3,
    onEpoch: ({ epoch, trainLoss, testAccuracy }) =>
      console.log(`  epoch ${epoch}: train loss ${trainLoss.toFixed(4)}, test accuracy ${testAccuracy.toFixed(4)}`),
  });
  accuracies.push(accuracy);
  console.log(
    `seed ${seed}: test accuracy ${accuracy.toFixed(4)}, ${((performance.now() - started) / 1000).toFixed(0)} s`,
  );
}
const mean = accuracies.reduce((sum, a) => sum + a, 0) / accuracies.length;
console.log(`mean over ${accuracies.length} seeds: ${mean.toFixed(4)} (at least ${bound})`);
if (mean < bound) process.exitCode = 1;
