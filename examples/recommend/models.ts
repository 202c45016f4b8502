/** The recommenders that the recommend example compares. The data are in ratings.ts. */
import { concat, randn, type Tensor, zeros } from "wengert";
import { assign, Embedding, Linear, Module, ReLU, Sequential } from "wengert/nn";

export interface Sizes {
  readonly users: number;
  readonly items: number;
  /** Numbers that describe a user or an item. */
  readonly factors: number;
}

/** What is predicted for pairs of a user and an item, above or below the mean of all ratings. */
export abstract class Recommender extends Module {
  /** (B) numbers of users, (B) of items -> (B) */
  abstract override forward(user: Tensor, item: Tensor): Tensor;
}

/** A table that begins near zero, so that what was never seen changes little. */
function table(rows: number, columns: number, std: number): Embedding {
  const made = new Embedding(rows, columns);
  assign(made.weight, std === 0 ? zeros([rows, columns]) : randn([rows, columns], { std }));
  return made;
}

/**
 * Matrix factorization: b_u + b_i + p_u . q_i, Koren, Bell and Volinsky, "Matrix factorization techniques for
 * recommender systems" (2009).
 */
export class Factorization extends Recommender {
  readonly userBias: Embedding;
  readonly itemBias: Embedding;
  readonly userFactors: Embedding;
  readonly itemFactors: Embedding;

  constructor({ users, items, factors }: Sizes) {
    super();
    this.userBias = table(users, 1, 0);
    this.itemBias = table(items, 1, 0);
    this.userFactors = table(users, factors, 0.1);
    this.itemFactors = table(items, factors, 0.1);
  }

  forward(user: Tensor, item: Tensor): Tensor {
    const together = this.userFactors.forward(user).mul(this.itemFactors.forward(item)).sum(1); // (B)
    return together.add(this.userBias.forward(user).squeeze(1)).add(this.itemBias.forward(item).squeeze(1));
  }
}

/**
 * Neural matrix factorization: the products p_u q_i beside a dense network of two more vectors, weighed together by a
 * last layer. He, Liao, Zhang, Nie, Hu and Chua, "Neural collaborative filtering" (2017).
 */
export class NeuralFactorization extends Recommender {
  readonly userFactors: Embedding;
  readonly itemFactors: Embedding;
  readonly userVector: Embedding;
  readonly itemVector: Embedding;
  readonly dense: Sequential;
  readonly output: Linear;

  constructor({ users, items, factors }: Sizes) {
    super();
    this.userFactors = table(users, factors, 0.1);
    this.itemFactors = table(items, factors, 0.1);
    this.userVector = table(users, factors, 0.1);
    this.itemVector = table(items, factors, 0.1);
    this.dense = new Sequential(
      new Linear(2 * factors, 2 * factors),
      new ReLU(),
      new Linear(2 * factors, factors),
      new ReLU(),
    );
    this.output = new Linear(2 * factors, 1);
  }

  forward(user: Tensor, item: Tensor): Tensor {
    const products = this.userFactors.forward(user).mul(this.itemFactors.forward(item)); // (B, F)
    const vectors = concat([this.userVector.forward(user), this.itemVector.forward(item)], 1); // (B, 2 F)
    return this.output.forward(concat([products, this.dense.forward(vectors)], 1)).squeeze(1); // (B)
  }
}
