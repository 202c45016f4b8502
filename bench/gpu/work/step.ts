/** Whole training steps: forward, backward and the optimizer. PyTorch's side is bench/peers/torch_steps.py. */
import { crossEntropy, linear, randint, randn, Tape, type Tensor } from "../../../src/index.js";
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
import type { Row } from "../rows.js";
import type { Work } from "../work.js";

/** The sizes of a model, the same as in torch_steps.py: as they are measured, and as they are tried on the emulator. */
export const stepSizes = {
  mlp: [
    { batch: 1024, features: 784, width: 1024 },
    { batch: 8, features: 16, width: 12 },
  ],
  cnn: [
    { batch: 256, image: 28, filters: 32, width: 128 },
    { batch: 2, image: 14, filters: 4, width: 8 },
  ],
  gpt: [
    { batch: 64, tokens: 256, layers: 6, width: 384, heads: 6, vocabulary: 65 },
    { batch: 2, tokens: 8, layers: 1, width: 16, heads: 2, vocabulary: 17 },
  ],
} as const;

/** A network, its optimizer, and one batch. */
interface Training {
  readonly model: Module;
  readonly optimizer: Optimizer;
  readonly x: Tensor;
  readonly labels: Tensor;
  logits(x: Tensor): Tensor;
}

function mlp({ batch, features, width }: (typeof stepSizes.mlp)[0 | 1]): Training {
  const model = new Sequential(
    new Linear(features, width),
    new ReLU(),
    new Linear(width, width),
    new ReLU(),
    new Linear(width, 10),
  );
  const optimizer = new SGD(model.parameters(), { lr: 0.01 });
  return {
    ...{ model, optimizer, x: randn([batch, features]), labels: randint(0, 10, [batch]) },
    logits: (x) => model.forward(x),
  };
}

function cnn({ batch, image, filters, width }: (typeof stepSizes.cnn)[0 | 1]): Training {
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
    new Linear(width, 10),
  );
  const optimizer = new Adam(model.parameters(), { lr: 1e-3 });
  return {
    ...{ model, optimizer, x: randn([batch, 1, image, image]), labels: randint(0, 10, [batch]) },
    logits: (x) => model.forward(x),
  };
}

/** GPT-2's form (Radford and others 2019), without dropout. */
class Gpt extends Module {
  readonly tokens: Embedding;
  readonly positions: Embedding;
  readonly layers: readonly TransformerEncoderLayer[];
  readonly norm: LayerNorm;

  constructor({ tokens, layers, width, heads, vocabulary }: (typeof stepSizes.gpt)[0 | 1]) {
    super();
    const options = {
      dimFeedforward: 4 * width,
      dropout: 0,
      activation: "gelu",
      batchFirst: true,
      normFirst: true,
    } as const;
    this.tokens = new Embedding(vocabulary, width);
    this.positions = new Embedding(tokens, width);
    this.layers = Array.from({ length: layers }, () => new TransformerEncoderLayer(width, heads, options));
    this.norm = new LayerNorm(width);
  }

  /** Logits (N, L, V) of tokens (N, L). */
  forward(index: Tensor): Tensor {
    let x = this.tokens.forward(index).add(this.positions.weight); // (N, L, D)
    for (const layer of this.layers) x = layer.forward(x, { isCausal: true });
    return linear(this.norm.forward(x), this.tokens.weight);
  }
}

function gpt(sizes: (typeof stepSizes.gpt)[0 | 1]): Training {
  const { batch, tokens, vocabulary } = sizes;
  const model = new Gpt(sizes);
  const optimizer = new AdamW(model.parameters(), { lr: 1e-3 });
  const text = (): Tensor => randint(0, vocabulary, [batch, tokens]);
  return {
    ...{ model, optimizer, x: text(), labels: text().reshape([batch * tokens]) },
    logits: (x) => model.forward(x).reshape([batch * tokens, vocabulary]),
  };
}

function trainingOf({ model, small, name }: Row): Training {
  const which = small ? 1 : 0;
  if (model === "mlp") return mlp(stepSizes.mlp[which]);
  if (model === "cnn") return cnn(stepSizes.cnn[which]);
  if (model === "gpt") return gpt(stepSizes.gpt[which]);
  throw new RangeError(`rows.json: "${name}" has an unknown model: ${model}`);
}

/** A step; what is compared is the loss of the first one, with PyTorch's for the same weights and batch. */
export function stepWork(row: Row): Work {
  return {
    bytes: 0,
    flops: 0,
    make() {
      const { model, optimizer, x, labels, logits } = trainingOf(row);
      // The weights change in place, and the sample is taken after a step.
      const weights = [...model.parameters()].map((p) => p.detach().add(0));
      return {
        tensors: [x, labels, ...weights],
        names: [...model.namedParameters()].map(([name]) => name),
        run() {
          using tape = new Tape();
          const loss = crossEntropy(logits(x), labels);
          optimizer.step(tape.gradients(loss, optimizer.parameters));
          return [tape.keep(loss)];
        },
      };
    },
    sample: ({ tensors }, [loss]) => ({ inputs: tensors, outputs: [loss.reshape([1])] }),
  };
}
