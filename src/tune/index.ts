/**
 * The entry point `wengert/tune`: hyperparameter search with studies, searches and spaces.
 *
 * @module
 */
import "../backends/index.js";

export { type BayesianOptions, bayesianSearch } from "./bayesian.js";
export { crossValidation } from "./cross-validation.js";
export { type HyperbandOptions, hyperband } from "./hyperband.js";
export type { FinishedTrial, Outcome, Search, Suggestion, Trial } from "./search.js";
export { type GridOptions, gridSearch, randomSearch } from "./simple.js";
export {
  type Choice,
  type Conditional,
  choice,
  type Integer,
  integer,
  type LogUniform,
  logUniform,
  type Parameter,
  type Params,
  type Scalar,
  type Space,
  type Unconditional,
  type Uniform,
  uniform,
  when,
} from "./space.js";
export { type Objective, type RunOptions, Study, type StudyOptions } from "./study.js";
