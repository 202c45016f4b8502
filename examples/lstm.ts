/**
 * The adding problem: an LSTM learns to remember.
 *
 *     npx tsx examples/lstm.ts --help
 *
 * A sequence has a number from [0, 1) at each place, and two of the places are marked, one in each half. The network
 * must predict the sum of these two numbers. Without looking at the sequence, the best prediction is always 1, with a mean
 * squared error of 1/6 = 0.1667; a network that remembers has an error of 0. It is experiment 4 of Hochreiter and Schmidhuber,
 * "Long short-term memory" (1997), with the numbers of Le, Jaitly and Hinton (2015, arXiv:1504.00941).
 *
 * Sequences differ in length. In a batch they are filled up, and a mask says what is there: the state after a sequence
 * is the state after its last element, regardless of the padding.
 */
import { manualSeed, mse, type Tensor } from "wengert";
import { DataLoader, type Dataset, type HostArray } from "wengert/data";
import { Linear, LSTM, Module } from "wengert/nn";
import { Adam } from "wengert/optim";
import { ProgressBar, Trainer } from "wengert/train";
import { integer, positive, program, text } from "./support/program.js";

const usage = `Trains an LSTM to add two numbers that are far apart in a sequence.

npx tsx examples/lstm.ts [options]

  --length N     length of the longest sequences; the shortest are about half that length (default 30)
  --hidden N     number of hidden features (default 32)
  --epochs N     number of epochs; after each, the network is tested on new sequences (default 10)
  --steps N      steps per epoch (default 100)
  --batch N      sequences per step (default 32)
  --lr X         Adam learning rate (default 0.005)
  --seed N       random seed for the weights and sequences (default 0)
  --device NAME  cpu, cuda or emulator (default: WENGERT_DEVICE if set, else cuda if a working GPU is found, else cpu)
  --help         print this text`;

const options = {
  length: integer(30, 4),
  hidden: integer(32, 1),
  epochs: integer(10, 1),
  steps: integer(100, 1),
  batch: integer(32, 1),
  lr: positive(5e-3),
  seed: integer(0),
  device: text(),
};

/** Sequences `x` (L, 2) of numbers and marks, their `mask` (L), and the sum `y` of the marked numbers. */
type Sums = Dataset<{ readonly x: HostArray; readonly mask: HostArray; readonly y: number }>;

/** `count` sequences of at most `length` elements, other ones in each epoch. */
const sums = (count: number, length: number): Sums => ({
  length: count,
  get(_, generator) {
    const least = Math.ceil(length / 4);
    const half = least + generator.integer(Math.floor(length / 2) - least + 1);
    const data = new Float32Array(2 * length); // zeros from the sequence's end on
    for (let i = 0; i < 2 * half; i++) data[2 * i] = generator.uniform();
    const marked = [generator.integer(half), half + generator.integer(half)];
    for (const place of marked) data[2 * place + 1] = 1;
    return {
      x: { shape: [length, 2], data },
      mask: { shape: [length], data: new Uint8Array(length).fill(1, 0, 2 * half) },
      y: marked.reduce((sum, place) => sum + data[2 * place], 0),
    };
  },
});

class Adder extends Module {
  readonly lstm: LSTM;
  readonly output: Linear;

  constructor(hidden: number) {
    super();
    this.lstm = new LSTM(2, hidden, { batchFirst: true });
    this.output = new Linear(hidden, 1);
  }

  /** Sequences (N, L, 2), of which `mask` (N, L) says what is there, to sums (N). */
  forward(x: Tensor, mask: Tensor): Tensor {
    const [, [hidden]] = this.lstm.forward(x, null, { mask }); // (1, N, H)
    return this.output.forward(hidden.squeeze(0)).squeeze(1);
  }
}

await program("lstm", usage, options, async ({ length, hidden, epochs, steps, batch, lr, seed }) => {
  manualSeed(seed);
  const model = new Adder(hidden);
  const loader = (count: number) => new DataLoader(sums(count, length), { batch, dtypes: { mask: "bool" } });
  const trainer = new Trainer<{ x: Tensor; mask: Tensor; y: Tensor }>({
    model,
    optimizer: new Adam(model.parameters(), { lr }),
    loss: mse,
    forward: ({ x, mask }) => model.forward(x, mask),
    clip: { norm: 1 },
    callbacks: [new ProgressBar()],
  });
  await trainer.fit(loader(batch * steps), { epochs, validation: loader(8 * batch) });
  const { loss } = await trainer.evaluate(loader(16 * batch));
  console.log(`mean squared error ${loss.toFixed(4)}; if the answer is always 1: ${(1 / 6).toFixed(4)}`);
});
