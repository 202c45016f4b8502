/**
 * The entry point `wengert/io`: safetensors files and checkpoints.
 *
 * @module
 */
import "../backends/index.js";

export {
  type CheckpointPart,
  type CheckpointParts,
  loadCheckpoint,
  type SavedState,
  saveCheckpoint,
} from "./checkpoint.js";
export { makeFolder } from "./files.js";
export {
  generatorPart,
  type HasState,
  type ModuleLike,
  modulePart,
  optimizerPart,
  type StatefulOptimizer,
  statePart,
} from "./parts.js";
export {
  decodeSafetensors,
  encodeSafetensors,
  loadSafetensors,
  type NamedTensors,
  type Safetensors,
  saveSafetensors,
} from "./safetensors.js";
export type { Value } from "./values.js";
