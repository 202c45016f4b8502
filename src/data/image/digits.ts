/**
 * Draws digits that resemble MNIST, for examples and tests that must run without a download. The strokes are in
 * glyphs.ts.
 */

import { ArgumentError } from "../../core/errors.js";
import { integerFrom } from "../../core/option-checks.js";
import { Generator } from "../../core/random/generator.js";
import { glyphs, type Point, type Stroke } from "./glyphs.js";
import type { ImageSet } from "./images.js";

/** Height and width of an image, in pixels, as in MNIST. */
const side = 28;
/** Straight pieces between two points of a curve. */
const pieces = 5;

/**
 * Digits that are drawn, not collected, for learning without data. Each is written with a pen of random
 * width in one of the ways people write it, on paper that is bent, slanted and turned at random; then, as in MNIST, it
 * is scaled to a box of about 20 pixels in the middle of 28 x 28. Every digit is there as often as the others.
 *
 * @param count - images, 0 or more; image i shows the digit i mod 10
 * @param seed - the same seed draws the same images
 * @throws ArgumentError if count or seed is not such a number
 */
export function drawDigits(count: number, seed = 0): ImageSet {
  if (!Number.isInteger(count) || count < 0)
    throw new ArgumentError(`drawDigits: count must be ${integerFrom(0)}, got ${count}`);
  const generator = new Generator(seed);
  const pixels = side * side;
  const images = new Uint8Array(count * pixels);
  const labels = Uint8Array.from({ length: count }, (_, i) => i % 10);
  for (let i = 0; i < count; i++) drawDigit(labels[i], generator, images.subarray(i * pixels, (i + 1) * pixels));
  return { images, labels, count, height: side, width: side };
}

function drawDigit(digit: number, generator: Generator, image: Uint8Array): void {
  const between = (low: number, high: number): number => low + (high - low) * generator.uniform();
  const ways = glyphs[digit];
  const paper = distortion(between);
  const paths = ways[generator.integer(ways.length)].map((stroke) => polyline(stroke).map(paper));
  const place = fitting(paths, between);
  const radius = between(0.75, 1.6);
  for (const path of paths) {
    const points = path.map(place);
    for (let i = 1; i < points.length; i++) drawSegment(points[i - 1], points[i], radius, image);
  }
}

/** The pen's path as straight pieces; curves are Catmull-Rom splines. */
function polyline({ smooth, points }: Stroke): Point[] {
  if (!smooth) return subdivide(points);
  const path: Point[] = [points[0]];
  for (let i = 1; i < points.length; i++) {
    const [before, from, to, after] = [
      points[Math.max(0, i - 2)],
      points[i - 1],
      points[i],
      points[Math.min(points.length - 1, i + 1)],
    ];
    for (let piece = 1; piece <= pieces; piece++) {
      const t = piece / pieces;
      path.push([spline(before[0], from[0], to[0], after[0], t), spline(before[1], from[1], to[1], after[1], t)]);
    }
  }
  return path;
}

/** The cubic from p1 (t = 0) to p2 (t = 1) whose slopes there are (p2 - p0) / 2 and (p3 - p1) / 2. */
const spline = (p0: number, p1: number, p2: number, p3: number, t: number): number =>
  p1 + 0.5 * t * (p2 - p0 + t * (2 * p0 - 5 * p1 + 4 * p2 - p3 + t * (3 * (p1 - p2) + p3 - p0)));

/** Straight strokes in pieces too, so that bent paper bends them. */
function subdivide(points: readonly Point[]): Point[] {
  const path: Point[] = [points[0]];
  for (let i = 1; i < points.length; i++)
    for (let piece = 1; piece <= pieces; piece++) {
      const t = piece / pieces;
      path.push([
        points[i - 1][0] + t * (points[i][0] - points[i - 1][0]),
        points[i - 1][1] + t * (points[i][1] - points[i - 1][1]),
      ]);
    }
  return path;
}

type Between = (low: number, high: number) => number;

/** Bends the paper in two waves, then stretches, slants and turns it. Strokes that meet still meet. */
function distortion(between: Between): (point: Point) => Point {
  const waves = [0, 1].map(() => ({
    along: between(-3.5, 3.5),
    across: between(-3.5, 3.5),
    phase: between(0, 2 * Math.PI),
    dx: between(-0.07, 0.07),
    dy: between(-0.07, 0.07),
  }));
  const [stretch, slant, angle] = [between(0.55, 1.15), between(-0.2, 0.5), between(-0.25, 0.25)];
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return ([x, y]) => {
    let [u, v] = [x - 0.5, y - 0.5];
    for (const { along, across, phase, dx, dy } of waves) {
      const wave = Math.sin(along * x + across * y + phase);
      u += dx * wave;
      v += dy * wave;
    }
    u = stretch * u - slant * v;
    return [cos * u - sin * v, sin * u + cos * v];
  };
}

/** Scales and shifts the digit into the middle of the image, almost. */
function fitting(paths: readonly (readonly Point[])[], between: Between): (point: Point) => Point {
  const [xs, ys] = [0, 1].map((axis) => paths.flat().map((point) => point[axis]));
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const scale = between(16, 19) / Math.max(right - left, bottom - top);
  const [x0, y0] = [side / 2 + between(-1.5, 1.5), side / 2 + between(-1.5, 1.5)];
  return ([x, y]) => [x0 + scale * (x - (left + right) / 2), y0 + scale * (y - (top + bottom) / 2)];
}

/** Draws a piece of the path. A pixel is as bright as it is covered, taken from its distance to the pen's middle. */
function drawSegment([ax, ay]: Point, [bx, by]: Point, radius: number, image: Uint8Array): void {
  const reach = radius + 1;
  const [left, right] = [
    Math.max(0, Math.floor(Math.min(ax, bx) - reach)),
    Math.min(side - 1, Math.ceil(Math.max(ax, bx) + reach)),
  ];
  const [top, bottom] = [
    Math.max(0, Math.floor(Math.min(ay, by) - reach)),
    Math.min(side - 1, Math.ceil(Math.max(ay, by) + reach)),
  ];
  const [dx, dy] = [bx - ax, by - ay];
  const lengthSquared = dx * dx + dy * dy || 1;
  for (let row = top; row <= bottom; row++)
    for (let column = left; column <= right; column++) {
      const [px, py] = [column + 0.5 - ax, row + 0.5 - ay];
      const t = Math.min(1, Math.max(0, (px * dx + py * dy) / lengthSquared));
      const distance = Math.sqrt((px - t * dx) ** 2 + (py - t * dy) ** 2);
      const coverage = Math.min(1, Math.max(0, radius + 0.5 - distance));
      const at = row * side + column;
      image[at] = Math.max(image[at], Math.round(255 * coverage));
    }
}
