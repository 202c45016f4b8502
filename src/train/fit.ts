/**
 * The training loop: epochs, steps, gradient accumulation, callbacks and interruption. Called by Trainer.fit; the state
 * of a run is in run.ts, the gradients of a step in step.ts.
 */
import { Tape } from "../core/autograd/tape.js";
import { ArgumentError } from "../core/errors.js";
import { tidy } from "../core/memory/scope.js";
import type { Tensor } from "../tensor.js";
import type { Callback, SavePoint } from "./callback.js";
import {
  computeMetrics,
  evaluate,
  rememberMetrics,
  resetMetrics,
  type TrainingObjective,
  updateMetrics,
} from "./evaluate.js";
import type { Interrupt } from "./interrupt.js";
import type { TrainingRun } from "./run.js";
import { Accumulator, type ClipOptions, checkLoss, expectTensor, samplesIn } from "./step.js";
import type { Logs, TrainingBatch, TrainingData } from "./types.js";

/** Everything that a run needs besides its state. */
export interface FitPlan<B extends TrainingBatch> {
  readonly objective: TrainingObjective<B>;
  readonly data: TrainingData<B>;
  readonly validation: TrainingData<B> | null;
  readonly callbacks: readonly Callback[];
  readonly accumulate: number;
  readonly clip: ClipOptions;
  readonly unused: "error" | "zeros";
  readonly interrupt: Interrupt;
}

/** Trains from where the run is to its end, or until it is interrupted. */
export async function trainRun<B extends TrainingBatch>(run: TrainingRun, plan: FitPlan<B>): Promise<void> {
  let errors: unknown[] = [];
  try {
    await trainToEnd(run, plan);
  } catch (error) {
    errors = [error];
  }
  errors.push(...(await closeAll(run, plan.callbacks)));
  // The first is the one to report: what went wrong in closing may well follow from it.
  if (errors.length > 0) throw errors[0];
}

async function trainToEnd<B extends TrainingBatch>(run: TrainingRun, plan: FitPlan<B>): Promise<void> {
  const { callbacks, interrupt } = plan;
  await callAll(callbacks, (callback) => callback.onFitStart?.(run));
  while (run.epochsDone < run.epochs && run.stopped === null) {
    const over = (await trainEpoch(run, plan)) && (await endEpoch(run, plan));
    if (!over || interrupt.requested) return await endInterrupted(run, callbacks);
  }
  await callAll(callbacks, (callback) => callback.onFitEnd?.(run));
}

/** Calls a hook of all callbacks, one after the other. */
async function callAll(
  callbacks: readonly Callback[],
  call: (callback: Callback) => void | Promise<void>,
): Promise<void> {
  for (const callback of callbacks) await call(callback);
}

/** Closes all callbacks, also if one of them fails. @returns what went wrong */
async function closeAll(run: TrainingRun, callbacks: readonly Callback[]): Promise<unknown[]> {
  const errors: unknown[] = [];
  for (const callback of callbacks)
    try {
      await callback.onClose?.(run);
    } catch (error) {
      errors.push(error);
    }
  return errors;
}

const savePoint = (run: TrainingRun, callbacks: readonly Callback[], at: SavePoint): Promise<void> =>
  callAll(callbacks, (callback) => callback.onSavePoint?.(run, at));

async function endInterrupted(run: TrainingRun, callbacks: readonly Callback[]): Promise<void> {
  const saved: string[] = [];
  await savePoint(run, callbacks, { kind: "interruption", report: (path) => void saved.push(path) });
  run.history.interruption = { epoch: Math.min(run.epoch, run.epochs), step: run.step, saved };
}

/** The rest of the epoch's batches. False if it was interrupted before the last one. */
async function trainEpoch<B extends TrainingBatch>(run: TrainingRun, plan: FitPlan<B>): Promise<boolean> {
  const { objective, data, callbacks, accumulate, interrupt } = plan;
  objective.model.train();
  if (run.batch === 0) {
    resetMetrics(objective.metrics);
    await callAll(callbacks, (callback) => callback.onEpochStart?.(run));
  }
  using gathered = new Accumulator();
  for await (const batch of data) {
    await addGradients(run, plan, batch, gathered);
    run.batch++;
    run.notePosition();
    if (gathered.count < accumulate) continue;
    await takeStep(run, plan, gathered);
    if (interrupt.requested && run.batch !== run.batches) return false;
  }
  // A last step of fewer batches; none where the data ended with a whole one.
  if (gathered.count > 0) await takeStep(run, plan, gathered);
  if (run.samples === 0) throw new ArgumentError("Trainer.fit: the data has no samples");
  return true;
}

/** Adds the gradients of one batch. Nothing else of it stays. */
function addGradients<B extends TrainingBatch>(
  run: TrainingRun,
  { objective, unused }: FitPlan<B>,
  batch: B,
  gathered: Accumulator,
): Promise<void> {
  // In a separate context, so that tasks that run meanwhile do not see the tape.
  return tidy(async () => {
    using tape = new Tape();
    const output = expectTensor("forward", objective.forward(batch));
    const target = objective.target(batch);
    const loss = checkLoss(objective.loss(output, target));
    const trained = run.optimizer.parameters.filter(({ requiresGrad }) => requiresGrad);
    const gradients = tape.gradients(loss, trained, { unused });
    const gradientOf = new Map<Tensor, Tensor>(trained.map((parameter, i) => [parameter, gradients[i]]));
    const [value] = await loss.data();
    const samples = samplesIn(output);
    gathered.add(
      run.optimizer.parameters.map((parameter) => gradientOf.get(parameter) ?? null),
      value,
    );
    await updateMetrics(objective.metrics, output, target);
    run.lossSum += value * samples;
    run.samples += samples;
  });
}

/** The step of the optimizer, and what the callbacks do around it. */
async function takeStep<B extends TrainingBatch>(
  run: TrainingRun,
  { callbacks, clip }: FitPlan<B>,
  gathered: Accumulator,
): Promise<void> {
  const { loss } = gathered;
  await callAll(callbacks, (callback) => callback.onStepStart?.(run));
  await tidy(async () => {
    const gradients = gathered.mean(clip);
    await callAll(callbacks, (callback) => callback.onGradients?.(run, { loss, gradients }));
    run.optimizer.step(gradients);
  });
  gathered.dispose();
  run.step++;
  await callAll(callbacks, (callback) => callback.onStepEnd?.(run, loss));
  await savePoint(run, callbacks, { kind: "step" });
}

/** Validation, and what the callbacks do after an epoch. False if the validation was interrupted. */
async function endEpoch<B extends TrainingBatch>(run: TrainingRun, plan: FitPlan<B>): Promise<boolean> {
  const { objective, validation, callbacks, interrupt } = plan;
  const trained = { loss: run.lossSum / run.samples, ...(await computeMetrics(objective.metrics)) };
  // The metrics are used again for the validation data. If that is interrupted, it is as if it had not begun.
  const restore = rememberMetrics(objective.metrics);
  const validated = validation && (await evaluate(objective, validation, () => interrupt.requested));
  if (validation && !validated) {
    restore();
    return false;
  }
  const logs: Logs = { ...trained, ...prefixed(validated ?? {}), lr: run.optimizer.lr };
  run.history.epochs.push({ epoch: run.epoch, step: run.step, logs });
  await callAll(callbacks, (callback) => callback.onEpochEnd?.(run, logs));
  run.epochsDone++;
  run.batch = 0;
  run.lossSum = 0;
  run.samples = 0;
  run.notePositions();
  await savePoint(run, callbacks, { kind: "epoch", logs });
  return true;
}

/** `loss` becomes `valLoss`. */
const prefixed = (logs: Logs): Record<string, number> =>
  Object.fromEntries(
    Object.entries(logs).map(([name, value]) => [`val${name[0].toUpperCase()}${name.slice(1)}`, value]),
  );
