/** The command-line options and the usage text of the mnist example. */
import { integer, positive, text, type Values } from "../support/program.js";

export const options = {
  data: text(),
  epochs: integer(3, 1),
  batch: integer(64, 1),
  lr: positive(1e-3),
  seed: integer(0),
  device: text(),
  out: text("."),
};

export type Options = Values<typeof options>;

export const usage = `Trains a convolutional network on handwritten digits and saves it.

npm run mnist -- [options]

  --data DIR     folder with MNIST's files, gzipped or not; where only one split is there, a tenth is held out.
                 Default: the official files, downloaded once; without a network, digits drawn by the program
  --epochs N     times through the training images (default 3)
  --batch N      images a step (default 64)
  --lr X         learning rate of Adam (default 0.001)
  --seed N       of the weights and the order of the images (default 0); the same seed gives the same run
  --device NAME  cpu, cuda or emulator (default: WENGERT_DEVICE, else cuda where a GPU works, else cpu)
  --out DIR      folder for model.safetensors (default .)
  --help         prints this

Ctrl-C ends training early and still saves; a second one quits at once.`;
