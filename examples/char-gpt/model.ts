/**
 * The GPT of the char-gpt example: embeddings, transformer layers and the output layer. Training is in training.ts,
 * generation in sampling.ts.
 */
import { linear, randn, type Tensor, tidy } from "wengert";
import {
  assign,
  Embedding,
  type KeyValueCache,
  LayerNorm,
  LearnedEncoding,
  Module,
  TransformerEncoderLayer,
} from "wengert/nn";

export interface GPTOptions {
  /** Tokens there are. */
  readonly vocabulary: number;
  readonly layers: number;
  /** Features of each token. */
  readonly width: number;
  /** Heads of attention, which divide the width. */
  readonly heads: number;
  /** Tokens that the model sees at once. */
  readonly context: number;
}

/**
 * Predicts the next token from those before it: Radford et al., "Language models are unsupervised multitask learners"
 * (2019), known as GPT-2, without dropout.
 */
export class GPT extends Module {
  readonly options: GPTOptions;
  readonly tokens: Embedding;
  readonly positions: LearnedEncoding;
  readonly layers: readonly TransformerEncoderLayer[];
  readonly norm: LayerNorm;

  constructor(options: GPTOptions) {
    super();
    this.options = options;
    const { vocabulary, layers, width, heads, context } = options;
    this.tokens = new Embedding(vocabulary, width);
    this.positions = new LearnedEncoding(context, width, { batchFirst: true });
    this.layers = Array.from(
      { length: layers },
      () =>
        new TransformerEncoderLayer(width, heads, {
          dimFeedforward: 4 * width,
          dropout: 0,
          activation: "gelu",
          batchFirst: true,
          normFirst: true,
        }),
    );
    this.norm = new LayerNorm(width);
    tidy(() => this.#initialize());
  }

  /**
   * Weights as GPT-2 has them: normal numbers of deviation 0.02, smaller where a layer adds to what flows past it, so
   * that the sum does not grow with the number of layers; biases of 0.
   */
  #initialize(): void {
    const residual = 0.02 / Math.sqrt(2 * this.layers.length);
    for (const [name, parameter] of this.namedParameters()) {
      if (name.endsWith("bias")) assign(parameter, parameter.zeros());
      else if (parameter.rank === 2)
        assign(parameter, randn(parameter.shape, { std: /out_proj|linear2/.test(name) ? residual : 0.02 }));
    }
  }

  /**
   * @param index - tokens, (N, L)
   * @param caches - of each layer, where the tokens continue what they hold
   * @returns the logits of the token after each one, (N, L, V)
   */
  forward(index: Tensor, caches: readonly KeyValueCache[] = []): Tensor {
    const past = caches[0]?.length ?? 0;
    let x = this.positions.forward(this.tokens.forward(index), past); // (N, L, D)
    this.layers.forEach((layer, i) => {
      x = layer.forward(x, { isCausal: true, cache: caches[i] });
    });
    return linear(this.norm.forward(x), this.tokens.weight); // by the tokens' own vectors
  }
}
