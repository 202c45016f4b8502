/**
 * The loss and the metrics of a model over a data set, without training. Called by Trainer.evaluate and, after each
 * epoch, by fit.ts.
 */
import { noGrad } from "../core/autograd/grad.js";
import { ArgumentError } from "../core/errors.js";
import { tidy } from "../core/memory/scope.js";
import { type Module, rememberModes } from "../nn/module.js";
import type { Tensor } from "../tensor.js";
import { checkLoss, expectTensor, samplesIn } from "./step.js";
import { isResumable, type Logs, type TrainingBatch, type TrainingData, type TrainingMetric } from "./types.js";

/** How a batch becomes a loss. */
export interface TrainingObjective<B extends TrainingBatch> {
  readonly model: Module;
  readonly forward: (batch: B) => Tensor;
  readonly target: (batch: B) => Tensor;
  readonly loss: (output: Tensor, target: Tensor) => Tensor;
  readonly metrics: Readonly<Record<string, TrainingMetric>>;
}

/** Runs `fn` with the model set for use, and sets it back: also those of its modules that were set for use before. */
export async function inEvalMode<T>(model: Module, fn: () => Promise<T>): Promise<T> {
  const setBack = rememberModes(model);
  model.eval();
  try {
    return await fn();
  } finally {
    setBack();
  }
}

/** Updates all metrics; nothing is recorded, and what they make is freed. */
export async function updateMetrics(
  metrics: Readonly<Record<string, TrainingMetric>>,
  output: Tensor,
  target: Tensor,
): Promise<void> {
  for (const metric of Object.values(metrics))
    await noGrad(() => tidy(async () => void (await metric.update(output.detach(), target))));
}

/** The numbers of all metrics. */
export async function computeMetrics(
  metrics: Readonly<Record<string, TrainingMetric>>,
): Promise<Record<string, number>> {
  const values: Record<string, number> = {};
  for (const [name, metric] of Object.entries(metrics)) values[name] = await metric.compute();
  return values;
}

export function resetMetrics(metrics: Readonly<Record<string, TrainingMetric>>): void {
  for (const metric of Object.values(metrics)) metric.reset();
}

/** Takes the state of the metrics that have one; the function given back restores it. */
export function rememberMetrics(metrics: Readonly<Record<string, TrainingMetric>>): () => void {
  const restores = Object.values(metrics).map((metric) => {
    const state = isResumable(metric) ? metric.getState() : null;
    return () => {
      if (isResumable(metric)) metric.setState(state);
    };
  });
  return () => {
    for (const restore of restores) restore();
  };
}

/**
 * The mean loss over the samples of all batches, and the metrics; null if `interrupted` returns true in between.
 *
 * @throws ArgumentError if there are no batches
 */
export function evaluate<B extends TrainingBatch>(
  objective: TrainingObjective<B>,
  data: TrainingData<B>,
  interrupted: () => boolean,
): Promise<Logs | null> {
  const { model, forward, target, metrics } = objective;
  return inEvalMode(model, async () => {
    resetMetrics(metrics);
    let [sum, samples] = [0, 0];
    for await (const batch of data) {
      if (interrupted()) return null;
      await noGrad(() =>
        tidy(async () => {
          const output = expectTensor("forward", forward(batch));
          const expected = target(batch);
          const loss = checkLoss(objective.loss(output, expected));
          await updateMetrics(metrics, output, expected);
          sum += (await loss.data())[0] * samplesIn(output);
          samples += samplesIn(output);
        }),
      );
    }
    if (samples === 0) throw new ArgumentError("Trainer.evaluate: the data has no samples");
    return { loss: sum / samples, ...(await computeMetrics(metrics)) };
  });
}
