/** All schedules as one module, which `wengert/optim` exports as the namespace `schedules`. It only re-exports. */
export {
  type CosineOptions,
  cosine,
  cosineWarmRestarts,
  type OneCycleOptions,
  oneCycle,
  type WarmRestartsOptions,
  type WarmUpOptions,
  warmUp,
} from "./annealing.js";
export {
  constant,
  type ExponentialOptions,
  exponential,
  type InverseTimeOptions,
  inverseTime,
  type LinearOptions,
  linear,
  type MultiStepOptions,
  multiStep,
  type PolynomialOptions,
  polynomial,
  type StepOptions,
  step,
} from "./decay.js";
