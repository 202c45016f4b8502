/**
 * Whole training steps: forward, backward and the optimizer. Called by ../work.ts; PyTorch's side is
 * bench/peers/torch_steps.py.
 */
import { crossEntropy, linear, randint, randn, stack, Tape, type Tensor } from "../../../src/index.js";
import {
  Conv2d,
  Embedding,
  Flatten,
  LayerNorm,
  Linear,
  MaxPool2d,
  Module,
  ReLU,
  Sequential,
  TransformerEncoderLayer,
} from "../../../src/nn/index.js";
import { Adam, AdamW, type Optimizer, SGD } from "../../../src/optim/index.js";
import { type Row, size } from "../rows.js";
import type { Work } from "../work.js";

/** A network, its optimizer, and one batch. */
interface Training {
  readonly model: Module;
  readonly optimizer: Optimizer;
  readonly x: Tensor;
  readonly labels: Tensor;
  logits(x: Tensor): Tensor;
}

function mlp(row: Row): Training {
  const [batch, features, width] = [size(row, "batch"), size(row, "features"), size(row, "width")];
  const classes = size(row, "classes");
  const model = new Sequential(
    new Linear(features, width),
    new ReLU(),
    new Linear(width, width),
    new ReLU(),
    new Linear(width, classes),
  );
  const optimizer = new SGD(model.parameters(), { lr: 0.01 });
  return {
    ...{ model, optimizer, x: randn([batch, features]), labels: randint(0, classes, [batch]) },
    logits: (x) => model.forward(x),
  };
}

function cnn(row: Row): Training {
  const [batch, image, filters] = [size(row, "batch"), size(row, "image"), size(row, "filters")];
  const [width, classes] = [size(row, "width"), size(row, "classes")];
  const left = Math.floor((Math.floor((image - 2) / 2) - 2) / 2);
  const model = new Sequential(
    new Conv2d(1, filters, 3),
    new ReLU(),
    new MaxPool2d(2),
    new Conv2d(filters, 2 * filters, 3),
    new ReLU(),
    new MaxPool2d(2),
    new Flatten(),
    new Linear(2 * filters * left ** 2, width),
    new ReLU(),
    new Linear(width, classes),
  );
  const optimizer = new Adam(model.parameters(), { lr: 1e-3 });
  return {
    ...{ model, optimizer, x: randn([batch, 1, image, image]), labels: randint(0, classes, [batch]) },
    logits: (x) => model.forward(x),
  };
}

/** GPT-2's form (Radford and others 2019), without dropout. */
class Gpt extends Module {
  readonly tokens: Embedding;
  readonly positions: Embedding;
  readonly layers: readonly TransformerEncoderLayer[];
  readonly norm: LayerNorm;

  constructor(row: Row) {
    super();
    const [width, heads] = [size(row, "width"), size(row, "heads")];
    const options = {
      dimFeedforward: 4 * width,
      dropout: 0,
      activation: "gelu",
      batchFirst: true,
      normFirst: true,
    } as const;
    this.tokens = new Embedding(size(row, "classes"), width);
    this.positions = new Embedding(size(row, "tokens"), width);
    this.layers = Array.from({ length: size(row, "layers") }, () => new TransformerEncoderLayer(width, heads, options));
    this.norm = new LayerNorm(width);
  }

  /** Logits (N, L, V) of tokens (N, L). */
  forward(index: Tensor): Tensor {
    let x = this.tokens.forward(index).add(this.positions.weight); // (N, L, D)
    for (const layer of this.layers) x = layer.forward(x, { isCausal: true });
    return linear(this.norm.forward(x), this.tokens.weight);
  }
}

function gpt(row: Row): Training {
  const [batch, tokens, vocabulary] = [size(row, "batch"), size(row, "tokens"), size(row, "classes")];
  const model = new Gpt(row);
  const optimizer = new AdamW(model.parameters(), { lr: 1e-3 });
  const text = (): Tensor => randint(0, vocabulary, [batch, tokens]);
  return {
    ...{ model, optimizer, x: text(), labels: text().reshape([batch * tokens]) },
    logits: (x) => model.forward(x).reshape([batch * tokens, vocabulary]),
  };
}

const models: Readonly<Record<string, (row: Row) => Training>> = { mlp, cnn, gpt };

/** One set of operands: every timed step is one of the same training run. */
export function stepWork(row: Row): Work {
  const train = models[row.model ?? ""];
  if (train === undefined) throw new RangeError(`rows.json: "${row.name}" has an unknown model: ${row.model}`);
  return {
    bytes: 0,
    flops: 0,
    clock: "stream",
    sets: 1,
    repeatable: false,
    make() {
      const { model, optimizer, x, labels, logits } = train(row);
      // A copy: the weights change in place.
      const weights = [...model.parameters()].map((p) => p.detach().add(0));
      const step = (): Tensor => {
        using tape = new Tape();
        const loss = crossEntropy(logits(x), labels);
        optimizer.step(tape.gradients(loss, optimizer.parameters));
        return tape.keep(loss);
      };
      return {
        tensors: [x, labels, ...weights],
        names: [...model.namedParameters()].map(([name]) => name),
        run: () => [step()],
        // The second loss shows what the first step did to the weights.
        first: () => [stack([step(), step()])],
      };
    },
    sample: ({ tensors }, outputs) => ({ inputs: tensors, outputs }),
  };
}
