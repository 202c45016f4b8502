import "../backends/cpu/index.js";

export { Adam, type AdamOptions, AdamW } from "./adam.js";
export { type Group, Optimizer } from "./optimizer.js";
export { SGD, type SGDOptions } from "./sgd.js";
