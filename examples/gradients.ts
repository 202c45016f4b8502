/**
 * Vanishing and exploding gradients, shown and cured.
 *
 *     npx tsx examples/gradients.ts --help
 *
 * A gradient that goes back through a layer tanh(W x + b) is multiplied by W^T and by the slopes of tanh. Through many
 * layers, factors below 1 make it vanish, and factors above 1 make it explode. One deep network, on the same points, with
 * and without what has been found against it:
 *
 * - weights that start with the variance 2 / (fanIn + fanOut): Glorot and Bengio, "Understanding the difficulty of
 *   training deep feedforward neural networks" (2010);
 * - a way around each layer, x + tanh(W x + b), through which the gradient comes back as it is: He, Zhang, Ren and Sun,
 *   "Deep residual learning for image recognition" (2016);
 * - normalization of what goes into tanh, which takes the scale of W out: Ba, Kiros and Hinton, "Layer normalization"
 *   (2016);
 * - a bound on the norm of all gradients together, so that no step throws the weights away: Pascanu, Mikolov and Bengio,
 *   "On the difficulty of training recurrent neural networks" (2013).
 *
 * Gradients of a good size are not all: without ways around them, so many layers still learn little in a few steps.
 */
import { join } from "node:path";
import { crossEntropy, Generator, manualSeed, rand, Tape, type Tensor, tidy } from "wengert";
import { lineChart } from "wengert/chart";
import { assign, type Layer, LayerNorm, Linear, Residual, Sequential, Tanh, xavierNormal } from "wengert/nn";
import { clipNorm, gradNorm, SGD } from "wengert/optim";
import { writeOutput } from "./support/output.js";
import { integer, positive, program, text, type Values } from "./support/program.js";

const usage = `Shows vanishing and exploding gradients in a deep tanh network, and how to fix them.

npx tsx examples/gradients.ts [options]

  --depth N      number of tanh layers (default 30)
  --width N      units per layer (default 16)
  --steps N      number of training steps (default 100)
  --lr X         learning rate for SGD with momentum 0.9 (default 0.15)
  --seed N       random seed for the points and weights (default 0)
  --device NAME  cpu, cuda or emulator (default: WENGERT_DEVICE if set, else cuda if a working GPU is found, else cpu)
  --out DIR      folder for gradients.svg (default runs/gradients)
  --help         print this text`;

const options = {
  depth: integer(30, 2),
  width: integer(16, 1),
  steps: integer(100, 1),
  lr: positive(0.15),
  seed: integer(0),
  device: text(),
  out: text(join("runs", "gradients")),
};

type Options = Values<typeof options>;

interface Variant {
  readonly name: string;
  /** The weights' deviation as a multiple of Glorot's. Default: as layers start, within 1 / sqrt(fanIn) of 0. */
  readonly gain?: number;
  /** What is made of a linear layer. */
  readonly block: (layer: Linear) => Layer;
  /** The bound for the norm of the gradients. Default: none. */
  readonly clip?: number;
}

const plain = (layer: Linear): Layer => new Sequential(layer, new Tanh());
const normalized = (layer: Linear): Layer => new Sequential(layer, new LayerNorm(layer.weight.shape[0]), new Tanh());

const variants: readonly Variant[] = [
  { name: "small weights", block: plain },
  { name: "Glorot's weights", block: plain, gain: 1 },
  { name: "small, residual", block: (layer) => new Residual(plain(layer)) },
  { name: "small, residual, clipped", block: (layer) => new Residual(plain(layer)), clip: 1 },
  { name: "large weights", block: plain, gain: 4 },
  { name: "large, normalized", block: normalized, gain: 4 },
  { name: "large, normalized, residual", block: (layer) => new Residual(normalized(layer)), gain: 4 },
];

/** Points of a square, and whether they lie in the circle inside it. */
function circle(count: number, seed: number): { readonly x: Tensor; readonly y: Tensor } {
  const x = rand([count, 2], { low: -1, high: 1, generator: new Generator(seed) }); // (N, 2)
  return { x, y: x.square().sum(1).lt(0.6).cast("int32") }; // (N)
}

interface Outcome {
  readonly name: string;
  /** The norm of the gradient of each tanh layer's weight before the first step, as the optimizer gets it. */
  readonly norms: readonly number[];
  /** Before the first step, and after each. */
  readonly losses: readonly number[];
}

function run({ name, gain, block, clip }: Variant, { depth, width, steps, lr, seed }: Options): Outcome {
  manualSeed(seed);
  const { x, y } = circle(64, seed);
  const layers = Array.from({ length: depth }, () => new Linear(width, width));
  if (gain !== undefined) for (const { weight } of layers) assign(weight, xavierNormal(weight.shape, { gain }));
  using network = new Sequential(new Linear(2, width), ...layers.map(block), new Linear(width, 2));
  using optimizer = new SGD(network.parameters(), { lr, momentum: 0.9 });

  let norms: readonly number[] = [];
  const losses: number[] = [];
  for (let step = 0; step <= steps; step++) {
    using tape = new Tape();
    const loss = crossEntropy(network.forward(x), y);
    losses.push(loss.item());
    const raw = tape.gradients(loss, optimizer.parameters);
    const gradients = clip === undefined ? raw : clipNorm(raw, clip).gradients;
    const of = ({ weight }: Linear): Tensor | null => gradients[optimizer.parameters.indexOf(weight)];
    if (step === 0) norms = layers.map((layer) => gradNorm([of(layer)]).item());
    optimizer.step(gradients);
  }
  return { name, norms, losses };
}

/** One line: the name, and numbers in columns. */
const row = (name: string, cells: readonly string[]): string =>
  name.padEnd(28) + cells.map((cell) => cell.padStart(11)).join("");

async function main(options: Options): Promise<void> {
  console.log(`the gradients of ${options.depth} tanh layers, and the loss over ${options.steps} steps`);
  console.log(row("", ["first layer", "last layer", "ratio", "loss", "largest", "last"]));
  const outcomes = variants.map((variant) => {
    const outcome = tidy(() => run(variant, options));
    const { name, norms, losses } = outcome;
    const [first, last] = [norms[0], norms[norms.length - 1]];
    const exact = [first, last, first / last].map((value) => value.toExponential(1));
    const rough = [losses[0], Math.max(...losses), losses[losses.length - 1]].map((value) => value.toFixed(3));
    console.log(row(name, [...exact, ...rough]));
    return outcome;
  });
  const chart = lineChart(
    outcomes.map(({ name, norms }) => ({ name, y: norms })),
    { title: "Gradients before the first step", xLabel: "layer", yLabel: "norm", yScale: "log", height: 480 },
  );
  const path = await writeOutput(options.out, "gradients.svg", chart);
  console.log(`chart: ${path}`);
}

await program("gradients", usage, options, main);
