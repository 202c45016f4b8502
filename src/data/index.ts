import "../backends/cpu/index.js";

export { type Batch, Batches, type BatchOptions, mnistPixels } from "./batches.js";
export { drawDigits } from "./digits.js";
export { decodeIdx, type IdxArray, type IdxData, readIdx } from "./idx.js";
export { type ImageSet, selectImages } from "./images.js";
export { loadMnist, type Mnist, type MnistOptions } from "./mnist.js";
export type { DownloadProgress } from "./mnist-files.js";
