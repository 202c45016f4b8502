import "../backends/cpu/index.js";

export { ReLU, Tanh } from "./activation.js";
export { Conv2d, type Conv2dLayerOptions } from "./conv.js";
export { Dropout, type DropoutLayerOptions } from "./dropout.js";
export { Flatten } from "./flatten.js";
export {
  fans,
  gain,
  type InitOptions,
  type KaimingOptions,
  kaimingNormal,
  kaimingUniform,
  type Nonlinearity,
} from "./init.js";
export { Linear, type LinearOptions } from "./linear.js";
export { Module, parameter } from "./module.js";
export { MaxPool2d } from "./pooling.js";
export { type Layer, Sequential } from "./sequential.js";
