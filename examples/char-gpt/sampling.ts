/** Generates text token by token for the char-gpt example, with a cache of keys and values. */
import { type Generator, noGrad, tensor, tidy } from "wengert";
import { KeyValueCache } from "wengert/nn";
import type { GPT } from "./model.js";

export interface SampleOptions {
  /** Tokens to write. */
  readonly length: number;
  /** Below 1 likely tokens become likelier, above 1 all become more alike. */
  readonly temperature: number;
  /** The likeliest tokens among which one is drawn; 0 for all. */
  readonly topK: number;
  readonly generator: Generator;
}

/**
 * Continues a text of one token or more, and gives each token as soon as it is drawn.
 *
 * The keys and values of earlier tokens stay in caches, so that each token is read once. A token's place is counted
 * from the first one in the caches, and the model has learned only so many: where they are full, they are emptied, and
 * the model reads the latter half of its context again.
 */
export async function* sample(model: GPT, prompt: Iterable<number>, options: SampleOptions): AsyncGenerator<number> {
  const { context } = model.options;
  const caches = model.layers.map(() => new KeyValueCache());
  try {
    let recent = [...prompt].slice(-context);
    let unread = recent;
    for (let i = 0; i < options.length; i++) {
      if (caches[0].length + unread.length > context) {
        for (const cache of caches) cache.reset();
        unread = recent.slice(-Math.ceil(context / 2));
      }
      const token = draw(await nextLogits(model, unread, caches), options);
      yield token;
      unread = [token];
      recent = [...recent, token].slice(-context);
    }
  } finally {
    for (const cache of caches) cache.dispose();
  }
}

/** The logits of the token after `tokens`, which continue what the caches hold. */
async function nextLogits(
  model: GPT,
  tokens: readonly number[],
  caches: readonly KeyValueCache[],
): Promise<ArrayLike<number>> {
  using logits = noGrad(() => tidy(() => model.forward(tensor([tokens], { dtype: "int32" }), caches).slice([0, -1]))); // (V)
  return await logits.data();
}

/** Draws token i with a probability proportional to e^(logit_i / temperature), among the `topK` likeliest. */
function draw(logits: ArrayLike<number>, { temperature, topK, generator }: SampleOptions): number {
  const order = Array.from(logits, (_, token) => token).sort((a, b) => logits[b] - logits[a]);
  const candidates = topK > 0 ? order.slice(0, topK) : order;
  const weights = candidates.map((token) => Math.exp((logits[token] - logits[order[0]]) / temperature));
  let rest = generator.uniform() * weights.reduce((sum, weight) => sum + weight, 0);
  for (const [i, weight] of weights.entries()) {
    if (rest < weight) return candidates[i];
    rest -= weight;
  }
  return candidates[0]; // by rounding
}
