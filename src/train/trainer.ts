/**
 * Trainer, the public class of this folder: it checks its options and starts runs, evaluations and predictions. The
 * loop is in fit.ts, the state of a run in run.ts.
 */

import { noGrad } from "../core/autograd/grad.js";
import { ArgumentError } from "../core/errors.js";
import { tidy } from "../core/memory/scope.js";
import { checkInteger } from "../core/option-checks.js";
import { quote } from "../core/quote.js";
import type { Generator } from "../core/random/generator.js";
import type { Module } from "../nn/module.js";
import { concat } from "../ops/index.js";
import { Tensor } from "../tensor.js";
import type { Callback } from "./callback.js";
import { evaluate, inEvalMode, type TrainingObjective } from "./evaluate.js";
import { trainRun } from "./fit.js";
import type { History } from "./history.js";
import { listen } from "./interrupt.js";
import { TrainingRun } from "./run.js";
import { type ClipOptions, expectTensor } from "./step.js";
import type { LabelledBatch, Logs, TrainableOptimizer, TrainingBatch, TrainingData, TrainingMetric } from "./types.js";

/** Options of `Trainer`. */
export interface TrainerOptions<B extends TrainingBatch = LabelledBatch> {
  /** The model to train. */
  readonly model: Module;
  /** The optimizer of the model's parameters, or of some of them. */
  readonly optimizer: TrainableOptimizer;
  /** The mean loss of a batch, a scalar: `crossEntropy`, `mse`, or any function of output and target. */
  readonly loss: (output: Tensor, target: Tensor) => Tensor;
  /** The output of the model for a batch. Default: `model.forward(batch.x)`. */
  readonly forward?: (batch: B) => Tensor;
  /** The target of a batch. Default: `batch.y`. */
  readonly target?: (batch: B) => Tensor;
  /** Metrics to compute over each epoch, by name. */
  readonly metrics?: Readonly<Record<string, TrainingMetric>>;
  /** Called during the run, in this order. Default: none. */
  readonly callbacks?: readonly Callback[];
  /** The number of batches whose mean gradient makes one step. Default 1. */
  readonly accumulate?: number;
  /** Bounds on the gradients of a step. Default: none. */
  readonly clip?: ClipOptions;
  /** What happens if the loss does not depend on a parameter: an error, or a gradient of zeros. Default "error". */
  readonly unused?: "error" | "zeros";
  /** Random generators to save with a run, by name, besides the default one. */
  readonly generators?: Readonly<Record<string, Generator>>;
}

/** Options of `Trainer.fit`. */
export interface FitOptions<B extends TrainingBatch = LabelledBatch> {
  /** The number of epochs, including those before a resumed run was interrupted. */
  readonly epochs: number;
  /** Data to evaluate after each epoch. */
  readonly validation?: TrainingData<B>;
  /** The path of a checkpoint to continue from: the run gives bit for bit what it would have given without a break. */
  readonly resume?: string;
  /** Ends the run: it finishes its step, saves if there is a `ModelCheckpoint`, and `fit` returns. */
  readonly signal?: AbortSignal;
  /**
   * Let Ctrl-C end the run in the same way and print on standard error how to resume; a second Ctrl-C quits at once.
   * Default false.
   */
  readonly sigint?: boolean;
}

/**
 * Trains a model: the loop over epochs and batches, with validation, metrics and callbacks.
 *
 * ```ts
 * const trainer = new Trainer({ model, optimizer: new Adam(model.parameters()), loss: crossEntropy });
 * const history = await trainer.fit(train, { epochs: 3, validation });
 * const { loss } = await trainer.evaluate(test);
 * ```
 *
 * @throws ArgumentError if an option is outside its range
 */
export class Trainer<B extends TrainingBatch = LabelledBatch> {
  readonly #options: TrainerOptions<B>;
  readonly #objective: TrainingObjective<B>;
  #busy = false;

  constructor(options: TrainerOptions<B>) {
    const { model, loss, metrics = {}, accumulate = 1, clip = {} } = options;
    const { forward = forwardX(model), target = ({ y }) => y } = options;
    checkInteger("Trainer", "accumulate", accumulate, 1);
    for (const [name, bound] of Object.entries(clip))
      if (!(bound > 0)) throw new ArgumentError(`Trainer: clip.${name} must be greater than 0, got ${quote(bound)}`);
    this.#options = options;
    this.#objective = { model, loss, metrics, forward, target };
  }

  /**
   * Trains for some epochs.
   *
   * @param data - one epoch a loop; a `DataLoader`, for a run that can be resumed
   * @returns the numbers of every epoch
   * @throws ArgumentError if the data are empty, or the run must be saved but cannot be; FormatError that names what
   *   differs, if `resume` is the checkpoint of another run, and nothing has changed then; what a callback throws
   */
  async fit(data: TrainingData<B>, options: FitOptions<B>): Promise<History> {
    const { epochs, validation = null, resume, signal, sigint = false } = options;
    checkInteger("Trainer.fit", "epochs", epochs, 0);
    if (this.#busy) throw new ArgumentError("Trainer.fit: this trainer is already training");
    const { model, optimizer, callbacks = [], accumulate = 1, clip = {}, unused = "error" } = this.#options;
    const { metrics } = this.#objective;
    const run = new TrainingRun({
      ...{ model, optimizer, callbacks, metrics, data, validation, epochs },
      generators: this.#options.generators ?? {},
      batches: data.length ?? null,
    });
    const interrupt = listen(signal, sigint, say);
    this.#busy = true;
    try {
      if (resume !== undefined) await run.load(resume);
      const objective = this.#objective;
      await trainRun(run, { objective, data, validation, callbacks, accumulate, clip, unused, interrupt });
    } finally {
      this.#busy = false;
      interrupt.end();
    }
    if (sigint) sayHowToResume(run.history);
    return run.history;
  }

  /**
   * The mean loss over the samples of `data`, and the metrics. The model is set for use meanwhile.
   *
   * @throws ArgumentError if there are no samples; the signal's reason if it is aborted
   */
  async evaluate(data: TrainingData<B>, { signal }: { readonly signal?: AbortSignal } = {}): Promise<Logs> {
    const logs = await evaluate(this.#objective, data, () => signal?.aborted === true);
    signal?.throwIfAborted();
    return logs as Logs;
  }

  /**
   * The outputs of the model for all batches, joined along the first axis. The tensor belongs to the scope
   * around the call. The model is set for use meanwhile.
   *
   * @param data - batches with what `forward` reads; they need no targets
   * @throws ArgumentError if there are no batches
   */
  async predict(data: Iterable<Partial<B>> | AsyncIterable<Partial<B>>): Promise<Tensor> {
    const { model, forward } = this.#objective;
    const outputs: Tensor[] = [];
    try {
      await inEvalMode(model, async () => {
        for await (const batch of data)
          outputs.push(noGrad(() => tidy(() => expectTensor("forward", forward(batch as B)).detach())).keep());
      });
      if (outputs.length === 0) throw new ArgumentError("Trainer.predict: the data has no batches");
      return noGrad(() => concat(outputs, 0));
    } finally {
      for (const output of outputs) output.dispose();
    }
  }
}

/** Hands the field `x` to the model. */
const forwardX =
  (model: Module) =>
  ({ x }: TrainingBatch): Tensor => {
    if (x instanceof Tensor) return (model as Module & { forward(x: Tensor): Tensor }).forward(x);
    throw new ArgumentError(
      "Trainer: the batch has no tensor x; set the option forward to pass other fields to the model",
    );
  };

const say = (text: string): void => void process.stderr.write(`\n${text}\n`);

function sayHowToResume({ interruption }: History): void {
  if (!interruption) return;
  const { epoch, step, saved } = interruption;
  const how =
    saved.length > 0
      ? `saved ${saved.join(", ")}; to continue, call fit with resume: ${JSON.stringify(saved[0])}`
      : "nothing was saved; to resume runs, add a ModelCheckpoint to the callbacks";
  process.stderr.write(`interrupted after step ${step} in epoch ${epoch}: ${how}\n`);
}
