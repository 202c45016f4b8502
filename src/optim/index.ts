/**
 * The entry point `wengert/optim`: optimizers, learning-rate schedules, gradient clipping and weight averages.
 *
 * @module
 */
import "../backends/index.js";

export { Adagrad, type AdagradOptions, type AdagradSettings } from "./adagrad.js";
export { Adam, type AdamOptions, type AdamSettings, AdamW } from "./adam.js";
export {
  type ClipNormOptions,
  type ClippedGradients,
  clipGradNorm,
  clipGradValue,
  clipNorm,
  clipValue,
  type GradientList,
  gradNorm,
} from "./clip.js";
export { ParameterGroup, type Rule, type StepTensors } from "./group.js";
export { Lion, type LionOptions, type LionSettings } from "./lion.js";
export { ExponentialMovingAverage, type ExponentialMovingAverageOptions } from "./moving-average.js";
export { type GroupOptions, Optimizer, type ParameterList } from "./optimizer.js";
export { l1Penalty, l2Penalty } from "./penalty.js";
export { type PlateauOptions, type PlateauState, ReduceLROnPlateau } from "./plateau.js";
export { RMSprop, type RMSpropOptions, type RMSpropSettings } from "./rmsprop.js";
export type { Schedule } from "./schedule.js";
export * as schedules from "./schedules.js";
export { SGD, type SGDOptions, type SGDSettings } from "./sgd.js";
