/** The network, the training and the evaluation that the mnist and cnn examples share. */
import { crossEntropy, noGrad, Tape, tidy } from "wengert";
import { Batches, type ImageSet, mnistPixels } from "wengert/data";
import { Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential } from "wengert/nn";
import { Adam } from "wengert/optim";

/** The network: two convolutions, each with ReLU and pooling, then two dense layers, to the scores of ten digits. */
export function convolutionalNetwork(height: number, width: number): Sequential {
  // A 3 x 3 filter takes 2 pixels off an image, a pool halves it; twice: 28 -> 26 -> 13 -> 11 -> 5.
  const [rows, columns] = [height, width].map((size) => Math.floor((Math.floor((size - 2) / 2) - 2) / 2));
  return new Sequential(
    new Conv2d(1, 32, 3), // (B, 32, 26, 26)
    new ReLU(),
    new MaxPool2d(2), // (B, 32, 13, 13)
    new Conv2d(32, 64, 3), // (B, 64, 11, 11)
    new ReLU(),
    new MaxPool2d(2), // (B, 64, 5, 5)
    new Flatten(), // (B, 1600)
    new Linear(64 * rows * columns, 128),
    new ReLU(),
    new Linear(128, 10), // (B, 10)
  );
}

export interface Step {
  /** Counted from 1, as is the step within the epoch. */
  readonly epoch: number;
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
}

export interface Epoch {
  readonly epoch: number;
  /** The mean loss over the images of the epoch. */
  readonly trainLoss: number;
  /** The part of the test images that the network knows, from 0 to 1. */
  readonly testAccuracy: number;
}

export interface TrainOptions {
  readonly epochs: number;
  readonly batch: number;
  readonly lr: number;
  /** Ends training after the step that is running; the network is still tested. */
  readonly signal?: AbortSignal;
  readonly onStep?: (step: Step) => void;
  readonly onEpoch?: (epoch: Epoch) => void;
}

/**
 * Trains the network with Adam. Order and weights come from the default generator, so `manualSeed` before the network
 * is made decides the run.
 *
 * @returns the test accuracy after the last epoch
 */
export async function train(
  network: Sequential,
  images: { readonly train: ImageSet; readonly test: ImageSet },
  { epochs, batch, lr, signal, onStep, onEpoch }: TrainOptions,
): Promise<number> {
  using optimizer = new Adam(network.parameters(), { lr });
  const batches = new Batches(images.train, { batch, shuffle: true, normalize: mnistPixels });
  let testAccuracy = 0;
  for (let epoch = 1; epoch <= epochs; epoch++) {
    let [step, seen, sum] = [0, 0, 0];
    for (const { x, y } of batches) {
      using tape = new Tape(); // frees everything that the step makes
      const loss = crossEntropy(network.forward(x), y);
      optimizer.step(tape.gradients(loss, optimizer.parameters));
      // Waiting for the value lets the event loop run, so that Ctrl-C is seen.
      const [value] = await loss.data();
      sum += value * y.size;
      seen += y.size;
      onStep?.({ epoch, step: ++step, steps: batches.length, loss: value });
      if (signal?.aborted) break;
    }
    testAccuracy = await accuracy(network, images.test);
    onEpoch?.({ epoch, trainLoss: sum / seen, testAccuracy });
    if (signal?.aborted) break;
  }
  return testAccuracy;
}

/** The part of the images whose digit has the largest score. */
export async function accuracy(network: Sequential, images: ImageSet): Promise<number> {
  network.eval();
  let correct = 0;
  for (const { x, y } of new Batches(images, { batch: 256, normalize: mnistPixels })) {
    const hits = noGrad(() => tidy(() => network.forward(x).argmax(1).eq(y).sum()));
    correct += (await hits.data())[0];
    hits.dispose();
  }
  network.train();
  return correct / images.count;
}
