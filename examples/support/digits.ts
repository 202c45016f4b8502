/** The handwritten digits that several examples learn: MNIST, or drawn digits without a network. */
import { DownloadError } from "wengert";
import {
  type Dataset,
  drawDigits,
  type HostArray,
  type ImageSet,
  imageDataset,
  loadMnist,
  type MnistOptions,
  mnistPixels,
  normalize,
  splitDataset,
  transformed,
} from "wengert/data";
import { Progress } from "./progress.js";

export interface Digits {
  readonly train: ImageSet;
  readonly test: ImageSet;
  /** Where they come from, in one line. */
  readonly source: string;
}

/**
 * The digits of the folder `data`, or else the official ones, or else, if there is no network, digits that are drawn
 * here: so there always are some. A bar shows the download.
 *
 * @throws FileError, FormatError if `data` is given and is not what it should be
 */
export async function loadDigits(options: Omit<MnistOptions, "onProgress">): Promise<Digits> {
  const progress = new Progress();
  try {
    return await loadMnist({
      ...options,
      onProgress: ({ loaded, total }) =>
        progress.show("downloading MNIST", loaded, total, `${Math.round(total / 1e6)} MB`),
    });
  } catch (error) {
    if (!(error instanceof DownloadError)) throw error;
    return {
      train: drawDigits(10_000, 1),
      test: drawDigits(1_000, 2),
      source: `drawn by this program because MNIST could not be downloaded (${error.message.replaceAll("\n", " ")})`,
    };
  } finally {
    progress.stop();
  }
}

/** Images `x`, (1, height, width), and their digits `y`. */
export type DigitDataset = Dataset<{ readonly x: HostArray; readonly y: HostArray }>;

export interface DigitDatasets {
  readonly train: DigitDataset;
  /** A tenth of the images to train on, to choose by: the test images are for the end. */
  readonly validation: DigitDataset;
  readonly test: DigitDataset;
  /** Of an image, in pixels. */
  readonly height: number;
  readonly width: number;
  /** How many there are and where they come from, in one line. */
  readonly description: string;
}

/**
 * The digits of `loadDigits` as datasets, their pixels normalised.
 *
 * @throws FileError, FormatError if `data` is given and is not what it should be
 */
export async function digitDatasets(data: string | undefined): Promise<DigitDatasets> {
  const digits = await loadDigits({ data });
  const dataset = (set: ImageSet): DigitDataset =>
    transformed(imageDataset(set), { x: [normalize(mnistPixels.mean, mnistPixels.std)] });
  const [train, validation] = splitDataset(dataset(digits.train), [0.9, 0.1]);
  const test = dataset(digits.test);
  const { height, width } = digits.train;
  const counts = `${train.length} for training, ${validation.length} for validation, ${test.length} for testing`;
  return { train, validation, test, height, width, description: `digits: ${digits.source}: ${counts}` };
}
