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

  --data DIR     folder with the MNIST files, gzipped or not; if it has only one split, 10% of it is held out
                 (default: the official files, downloaded once; if that fails, digits that the program draws)
  --epochs N     passes over the training images (default 3)
  --batch N      images per step (default 64)
  --lr X         Adam learning rate (default 0.001)
  --seed N       random seed for the weights and the image order (default 0); the same seed gives the same run
  --device NAME  cpu, cuda or emulator (default: WENGERT_DEVICE if set, else cuda if a working GPU is found, else cpu)
  --out DIR      folder for model.safetensors (default .)
  --help         print this text

Ctrl-C ends training early, then tests and saves the model; press it again to quit immediately.`;
