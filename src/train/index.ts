/**
 * The entry point `wengert/train`: Trainer, its callbacks and the history of a run.
 *
 * @module
 */
import "../backends/index.js";

export type { Callback, Run, SavePoint, StepGradients } from "./callback.js";
export { CSVLogger } from "./csv-logger.js";
export { EarlyStopping, type EarlyStoppingOptions } from "./early-stopping.js";
export { NonFiniteError } from "./errors.js";
export { type EpochLog, History, type Interruption } from "./history.js";
export { HistoryChart } from "./history-chart.js";
export { LearningRateScheduler, type PlateauSchedule } from "./learning-rate.js";
export { ModelCheckpoint, type ModelCheckpointOptions } from "./model-checkpoint.js";
export type { Mode, MonitorOptions } from "./monitor.js";
export { NaNGuard, type NaNGuardOptions } from "./nan-guard.js";
export { ProgressBar, type ProgressStream } from "./progress-bar.js";
export type { ClipOptions } from "./step.js";
export { EventWriter, TensorBoard, type TensorBoardOptions } from "./tensorboard.js";
export { type FitOptions, Trainer, type TrainerOptions } from "./trainer.js";
export type {
  LabelledBatch,
  Logs,
  ResumableData,
  TrainableOptimizer,
  TrainingBatch,
  TrainingData,
  TrainingMetric,
} from "./types.js";
