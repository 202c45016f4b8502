/**
 * The entry point `wengert/data`: datasets, loaders, transforms, CSV, MNIST and vocabularies.
 *
 * @module
 */
import "../backends/index.js";

export { type CsvOptions, type CsvRow, decodeCsv, readCsv, streamCsv } from "./csv/csv.js";
export type { CsvRecord } from "./csv/csv-parser.js";
export type { Categories, CsvTable } from "./csv/csv-table.js";
export {
  arrayDataset,
  type Columns,
  type Dataset,
  type Field,
  type HostArray,
  type HostNumbers,
  type Sample,
  subset,
} from "./dataset.js";
export { drawDigits } from "./image/digits.js";
export { decodeIdx, type IdxArray, type IdxData, readIdx } from "./image/idx.js";
export { imageDataset } from "./image/image-dataset.js";
export {
  type RandomCropOptions,
  type RandomFlipOptions,
  type RandomRotationOptions,
  randomCrop,
  randomFlip,
  randomRotation,
} from "./image/image-transforms.js";
export { type ImageSet, selectImages } from "./image/images.js";
export { type MixupOptions, mixup } from "./image/mixup.js";
export { loadMnist, type Mnist, type MnistOptions } from "./image/mnist.js";
export type { DownloadProgress } from "./image/mnist-files.js";
export { type Batch, Batches, type BatchOptions, mnistPixels } from "./loading/batches.js";
export type { HostBatch, TensorBatch } from "./loading/collate.js";
export { DataLoader, type DataLoaderOptions, type DataLoaderState } from "./loading/loader.js";
export { moduleDataset } from "./loading/workers.js";
export { type Fold, kFold, type SplitOptions, splitDataset, stratifiedKFold, stratifiedSplit } from "./split.js";
export { type BytePairOptions, BytePairVocabulary, type BytePairVocabularyData } from "./text/byte-pairs.js";
export { type TokenDatasetOptions, tokenDataset } from "./text/tokens.js";
export { CharacterVocabulary, type CharacterVocabularyData, type Vocabulary } from "./text/vocabulary.js";
export { type BatchTransform, compose, normalize, type Transform, transformed } from "./transform.js";
