import "../backends/index.js";

export { type Batch, Batches, type BatchOptions, mnistPixels } from "./batches.js";
export { type BytePairOptions, BytePairVocabulary, type BytePairVocabularyData } from "./byte-pairs.js";
export type { HostBatch, TensorBatch } from "./collate.js";
export { type CsvOptions, type CsvRow, decodeCsv, readCsv, streamCsv } from "./csv.js";
export type { CsvRecord } from "./csv-parser.js";
export type { Categories, CsvTable } from "./csv-table.js";
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
export { drawDigits } from "./digits.js";
export { decodeIdx, type IdxArray, type IdxData, readIdx } from "./idx.js";
export { imageDataset } from "./image-dataset.js";
export {
  type RandomCropOptions,
  type RandomFlipOptions,
  type RandomRotationOptions,
  randomCrop,
  randomFlip,
  randomRotation,
} from "./image-transforms.js";
export { type ImageSet, selectImages } from "./images.js";
export { DataLoader, type DataLoaderOptions, type DataLoaderState } from "./loader.js";
export { type MixupOptions, mixup } from "./mixup.js";
export { loadMnist, type Mnist, type MnistOptions } from "./mnist.js";
export type { DownloadProgress } from "./mnist-files.js";
export { type Fold, kFold, type SplitOptions, splitDataset, stratifiedKFold, stratifiedSplit } from "./split.js";
export { type TokenDatasetOptions, tokenDataset } from "./tokens.js";
export { type BatchTransform, compose, normalize, type Transform, transformed } from "./transform.js";
export { CharacterVocabulary, type CharacterVocabularyData, type Vocabulary } from "./vocabulary.js";
export { moduleDataset } from "./workers.js";
