/** Precision, recall and F1 score, for each class or averaged. The counts come from confusion.ts. */
import { ArgumentError } from "../core/errors.js";
import { quote } from "../core/quote.js";
import { CountsMetric, marginsOf } from "./confusion.js";
import type { DecisionOptions } from "./inputs.js";

/** The options of `Precision`, `Recall` and `F1Score`. */
export interface AverageOptions extends DecisionOptions {
  /** The number of classes, 2 or more. */
  readonly numClasses: number;
  /**
   * How the figures of the classes become one: "binary" takes that of class 1 of two; "micro" counts the cases of all
   * classes together; "macro" is the mean over the classes that occur, as label or as prediction; "weighted" weights it
   * by the number of labels. Default "binary" for two classes, "macro" for more.
   */
  readonly average?: "binary" | "micro" | "macro" | "weighted";
  /** The value of 0 / 0. Default 0. */
  readonly zeroDivision?: 0 | 1;
}

/** The cases of a class: labels met, all predictions of it, all labels of it. */
interface Cases {
  readonly hits: number;
  readonly predicted: number;
  readonly actual: number;
}

/** The quotient that a figure is. */
type Quotient = (cases: Cases) => readonly [numerator: number, denominator: number];

/** A metric that is a quotient of counts, for each class or averaged. */
abstract class QuotientMetric extends CountsMetric<number> {
  /** How the figures of the classes become one; see `AverageOptions.average`. */
  readonly average: "binary" | "micro" | "macro" | "weighted";
  readonly #quotient: Quotient;
  readonly #zeroDivision: number;

  protected constructor(name: string, quotient: Quotient, options: AverageOptions) {
    const { numClasses, average = numClasses === 2 ? "binary" : "macro", zeroDivision = 0, ...decision } = options;
    if (!["binary", "micro", "macro", "weighted"].includes(average))
      throw new ArgumentError(
        `${name}: average must be "binary", "micro", "macro" or "weighted", got ${quote(average)}`,
      );
    if (average === "binary" && numClasses !== 2)
      throw new ArgumentError(`${name}: average "binary" requires 2 classes, got ${quote(numClasses)}`);
    if (zeroDivision !== 0 && zeroDivision !== 1)
      throw new ArgumentError(`${name}: zeroDivision must be 0 or 1, got ${quote(zeroDivision)}`);
    super(name, numClasses, decision);
    this.average = average;
    this.#quotient = quotient;
    this.#zeroDivision = zeroDivision;
  }

  /** The averaged figure. @throws MetricError if there were no targets */
  compute(): number {
    const cases = this.#cases();
    const total = (of: keyof Cases): number => cases.reduce((sum, one) => sum + one[of], 0);
    return this.defined(total("actual"), () => {
      if (this.average === "binary") return this.#value(cases[1]);
      if (this.average === "micro")
        return this.#value({ hits: total("hits"), predicted: total("predicted"), actual: total("actual") });
      const occurring = cases.filter(({ predicted, actual }) => predicted + actual > 0);
      const weight = (one: Cases): number =>
        this.average === "macro" ? 1 / occurring.length : one.actual / total("actual");
      return occurring.reduce((sum, one) => sum + weight(one) * this.#value(one), 0);
    });
  }

  /**
   * The figure of each class, (classes). A class that does not occur has the value of `zeroDivision`.
   *
   * @throws MetricError if there were no targets
   */
  perClass(): number[] {
    this.compute();
    return this.#cases().map((cases) => this.#value(cases));
  }

  #cases(): Cases[] {
    const { matrix, actual, predicted } = marginsOf(this.state.counts, this.numClasses);
    return matrix.map((row, i) => ({ hits: row[i], predicted: predicted[i], actual: actual[i] }));
  }

  #value(cases: Cases): number {
    const [numerator, denominator] = this.#quotient(cases);
    return denominator === 0 ? this.#zeroDivision : numerator / denominator;
  }
}

/** The part of the predictions of a class that is right: hits / predictions; scikit-learn's `precision_score`. */
export class Precision extends QuotientMetric {
  /** @throws ArgumentError if an option is out of range */
  constructor(options: AverageOptions) {
    super("Precision", ({ hits, predicted }) => [hits, predicted], options);
  }
}

/** The part of the labels of a class that was met: hits / labels; scikit-learn's `recall_score`. */
export class Recall extends QuotientMetric {
  /** @throws ArgumentError if an option is out of range */
  constructor(options: AverageOptions) {
    super("Recall", ({ hits, actual }) => [hits, actual], options);
  }
}

/** The harmonic mean of precision and recall: 2 hits / (predictions + labels); scikit-learn's `f1_score`. */
export class F1Score extends QuotientMetric {
  /** @throws ArgumentError if an option is out of range */
  constructor(options: AverageOptions) {
    super("F1Score", ({ hits, predicted, actual }) => [2 * hits, predicted + actual], options);
  }
}
