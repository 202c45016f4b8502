/**
 * Random transforms of images for training: crop, flip and rotation. Users pass them to `transformed`. Transforms of
 * whole batches are in mixup.ts.
 */

import { ArgumentError, ShapeError } from "../../core/errors.js";
import { checkInteger, checkProbability } from "../../core/option-checks.js";
import { quote } from "../../core/quote.js";
import { show } from "../../core/shape.js";
import type { HostArray, HostNumbers } from "../dataset.js";
import { planesOf, type Transform } from "../transform.js";

/** Options of `randomCrop`. */
export interface RandomCropOptions {
  /** The number of pixels added on each side before the crop. Default 0. */
  readonly padding?: number;
  /** The value of those pixels. Default 0. */
  readonly fill?: number;
}

/**
 * A window of the image (..., height, width) at a random place. All channels move together.
 *
 * @param size - height and width of the window, in pixels, or both
 * @throws ArgumentError for a size or padding that is not a count; ShapeError, when it is applied, if the window is
 *   larger than the padded image
 */
export function randomCrop(
  size: number | readonly [number, number],
  { padding = 0, fill = 0 }: RandomCropOptions = {},
): Transform {
  const [rows, columns] = typeof size === "number" ? [size, size] : size;
  for (const [name, value, least] of [
    ["height", rows, 1],
    ["width", columns, 1],
    ["padding", padding, 0],
  ] as const)
    checkInteger("randomCrop", name, value, least);
  return (image, generator) => {
    const { height, width } = planesOf("randomCrop", image);
    if (rows > height + 2 * padding || columns > width + 2 * padding)
      throw new ShapeError(
        `randomCrop: a crop of ${rows} x ${columns} does not fit in the image ${show(image.shape)} with a padding of ${padding}`,
      );
    const top = generator.integer(height + 2 * padding - rows + 1) - padding;
    const left = generator.integer(width + 2 * padding - columns + 1) - padding;
    return resample(image, rows, columns, fill, (row, column) => [row + top, column + left]);
  };
}

/** Options of `randomFlip`. */
export interface RandomFlipOptions {
  /** The probability of a flip. Default 0.5. */
  readonly p?: number;
  /** Left to right, or top to bottom. Default "horizontal". */
  readonly direction?: "horizontal" | "vertical";
}

/**
 * The image (..., height, width), mirrored with probability `p`.
 *
 * @throws ArgumentError unless 0 <= p <= 1
 */
export function randomFlip({ p = 0.5, direction = "horizontal" }: RandomFlipOptions = {}): Transform {
  checkProbability("randomFlip", p);
  return (image, generator) => {
    const { height, width } = planesOf("randomFlip", image);
    if (generator.uniform() >= p) return image;
    return direction === "horizontal"
      ? resample(image, height, width, 0, (row, column) => [row, width - 1 - column])
      : resample(image, height, width, 0, (row, column) => [height - 1 - row, column]);
  };
}

/** The image whose pixel (row, column) is the pixel of `image` that `from` names; `fill` if there is none. */
function resample(
  { shape, data }: HostArray,
  rows: number,
  columns: number,
  fill: number,
  from: (row: number, column: number) => readonly [number, number],
): HostArray {
  const { planes, height, width } = planesOf("resample", { shape, data });
  const result = new (data.constructor as new (length: number) => HostNumbers)(planes * rows * columns).fill(fill);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const [y, x] = from(row, column);
      if (y < 0 || y >= height || x < 0 || x >= width) continue;
      for (let plane = 0; plane < planes; plane++)
        result[(plane * rows + row) * columns + column] = data[(plane * height + y) * width + x];
    }
  return { shape: [...shape.slice(0, -2), rows, columns], data: result };
}

/** Options of `randomRotation`. */
export interface RandomRotationOptions {
  /** The value of pixels from outside the image. Default 0. */
  readonly fill?: number;
}

/**
 * The image (..., height, width), turned about its middle by an angle of at most `degrees` either way, of the same
 * size. Values between pixels are bilinear; bytes are rounded.
 *
 * @throws ArgumentError unless degrees is from 0 to 180
 */
export function randomRotation(degrees: number, { fill = 0 }: RandomRotationOptions = {}): Transform {
  if (!(degrees >= 0 && degrees <= 180))
    throw new ArgumentError(`randomRotation: degrees must be between 0 and 180, got ${quote(degrees)}`);
  return (image, generator) => rotate(image, ((2 * generator.uniform() - 1) * degrees * Math.PI) / 180, fill);
}

/** Turns an image counter-clockwise, as seen with row 0 on top. */
export function rotate(image: HostArray, radians: number, fill: number): HostArray {
  const { planes, height, width } = planesOf("rotate", image);
  const { shape, data } = image;
  const result = data.slice();
  const isFloat = data instanceof Float32Array || data instanceof Float64Array;
  const [cos, sin] = [Math.cos(radians), Math.sin(radians)];
  const [middleRow, middleColumn] = [(height - 1) / 2, (width - 1) / 2];
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      const [dy, dx] = [row - middleRow, column - middleColumn];
      // Where the pixel comes from: the inverse turn. Rows grow downwards.
      const y = middleRow + cos * dy + sin * dx;
      const x = middleColumn + cos * dx - sin * dy;
      const [top, left] = [Math.floor(y), Math.floor(x)];
      const [v, u] = [y - top, x - left];
      for (let plane = 0; plane < planes; plane++) {
        const at = (r: number, c: number): number =>
          r < 0 || r >= height || c < 0 || c >= width ? fill : data[(plane * height + r) * width + c];
        const above = (1 - u) * at(top, left) + u * at(top, left + 1);
        const below = (1 - u) * at(top + 1, left) + u * at(top + 1, left + 1);
        const value = (1 - v) * above + v * below;
        result[(plane * height + row) * width + column] = isFloat ? value : Math.round(value);
      }
    }
  return { shape, data: result };
}
