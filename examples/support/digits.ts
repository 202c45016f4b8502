import { DownloadError } from "wengert";
import { drawDigits, type ImageSet, loadMnist, type MnistOptions } from "wengert/data";

export interface Digits {
  readonly train: ImageSet;
  readonly test: ImageSet;
  /** Where they come from, in one line. */
  readonly source: string;
}

/**
 * The digits of the folder `data`, or else the official ones, or else, where there is no network, digits that are drawn
 * here: so there always are some.
 *
 * @throws FileError, FormatError if `data` is given and is not what it should be
 */
export async function loadDigits(options: MnistOptions): Promise<Digits> {
  try {
    return await loadMnist(options);
  } catch (error) {
    if (!(error instanceof DownloadError)) throw error;
    return {
      train: drawDigits(10_000, 1),
      test: drawDigits(1_000, 2),
      source: `drawn by this program, since MNIST could not be downloaded (${error.message.replaceAll("\n", " ")})`,
    };
  }
}
