import "../backends/index.js";

export { Adam, type AdamOptions, AdamW } from "./adam.js";
export {
  type ClippedGradients,
  type ClipNormOptions,
  clipGradNorm,
  clipGradValue,
  clipNorm,
  clipValue,
  type GradientList,
  gradNorm,
} from "./clip.js";
export { type Group, Optimizer } from "./optimizer.js";
export { type PlateauOptions, type PlateauState, ReduceLROnPlateau } from "./plateau.js";
export type { Schedule } from "./schedule.js";
export * as schedules from "./schedules.js";
export { SGD, type SGDOptions } from "./sgd.js";
