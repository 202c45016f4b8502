import "../backends/cpu/index.js";

export { makeFolder } from "./files.js";
export {
  decodeSafetensors,
  encodeSafetensors,
  loadSafetensors,
  type NamedTensors,
  type Safetensors,
  saveSafetensors,
} from "./safetensors.js";
