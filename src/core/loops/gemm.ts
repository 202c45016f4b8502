/**
 * General matrix multiply on the CPU, blocked as in Goto and van de Geijn, "Anatomy of high-performance matrix
 * multiplication" (2008): panels of a and b are packed into float64 so that the inner kernel reads memory in order, and
 * a 4 x 4 tile of y is held in registers. Sums are in float64 and are rounded once a panel of k. The loops of matmul,
 * linear, convolution and attention call it.
 */
import type { Numbers } from "./numbers.js";

const kBlock = 512;
const mBlock = 64;
const nBlock = 256;
const tileSize = 4;

const aPanel = new Float64Array(mBlock * kBlock);
const bPanel = new Float64Array(nBlock * kBlock);

/**
 * y = op(a) op(b), or y += op(a) op(b) with `accumulate`. Row-major; op transposes if the flag is true.
 *
 * @param a - (M, K), or (K, M) if transposed, from element `aStart` on; b and y likewise
 */
export function gemm(
  m: number,
  n: number,
  k: number,
  a: Numbers,
  aStart: number,
  transA: boolean,
  b: Numbers,
  bStart: number,
  transB: boolean,
  y: Numbers,
  yStart: number,
  accumulate: boolean,
): void {
  if (!accumulate) y.fill(0, yStart, yStart + m * n);
  const aRow = transA ? 1 : k;
  const aColumn = transA ? m : 1;
  const bRow = transB ? 1 : n;
  const bColumn = transB ? k : 1;
  for (let p = 0; p < k; p += kBlock) {
    const depth = Math.min(kBlock, k - p);
    for (let j = 0; j < n; j += nBlock) {
      const width = Math.min(nBlock, n - j);
      pack(b, bStart + p * bRow + j * bColumn, bColumn, bRow, width, depth, bPanel);
      for (let i = 0; i < m; i += mBlock) {
        const height = Math.min(mBlock, m - i);
        pack(a, aStart + i * aRow + p * aColumn, aRow, aColumn, height, depth, aPanel);
        multiplyPanels(height, width, depth, y, yStart + i * n + j, n);
      }
    }
  }
}

/** Copies `count` lines of `depth` elements in groups of four: the four elements of one depth are neighbours. */
function pack(
  x: Numbers,
  start: number,
  lineStep: number,
  step: number,
  count: number,
  depth: number,
  panel: Float64Array,
): void {
  let out = 0;
  for (let line = 0; line < count; line += tileSize) {
    const rest = Math.min(tileSize, count - line);
    const first = start + line * lineStep;
    if (rest === tileSize) {
      const [s1, s2, s3] = [first + lineStep, first + 2 * lineStep, first + 3 * lineStep];
      for (let p = 0; p < depth; p++, out += tileSize) {
        const at = p * step;
        panel[out] = x[first + at];
        panel[out + 1] = x[s1 + at];
        panel[out + 2] = x[s2 + at];
        panel[out + 3] = x[s3 + at];
      }
    } else {
      for (let p = 0; p < depth; p++, out += tileSize)
        for (let q = 0; q < tileSize; q++) panel[out + q] = q < rest ? x[first + q * lineStep + p * step] : 0;
    }
  }
}

const edge = new Float64Array(tileSize * tileSize);

function multiplyPanels(
  height: number,
  width: number,
  depth: number,
  y: Numbers,
  start: number,
  yStride: number,
): void {
  for (let j = 0; j < width; j += tileSize) {
    for (let i = 0; i < height; i += tileSize) {
      if (i + tileSize <= height && j + tileSize <= width) {
        multiplyTile(depth, i * depth, j * depth, y, start + i * yStride + j, yStride);
      } else {
        // A ragged edge: a whole tile on the side, of which the valid part is added.
        edge.fill(0);
        multiplyTile(depth, i * depth, j * depth, edge, 0, tileSize);
        const [rows, columns] = [Math.min(tileSize, height - i), Math.min(tileSize, width - j)];
        for (let r = 0; r < rows; r++)
          for (let c = 0; c < columns; c++) y[start + (i + r) * yStride + j + c] += edge[r * tileSize + c];
      }
    }
  }
}

/**
 * y[0..3][0..3] += a[0..3][:] b[:][0..3], the sixteen sums in registers. `| 0` tells the compiler that an index is a
 * 32-bit integer, which spares the overflow check on every load; it gains a tenth.
 */
// biome-ignore format: a row of the tile a line
function multiplyTile(depth: number, aAt: number, bAt: number, y: Numbers, at: number, yStride: number): void {
  let y00 = 0, y01 = 0, y02 = 0, y03 = 0;
  let y10 = 0, y11 = 0, y12 = 0, y13 = 0;
  let y20 = 0, y21 = 0, y22 = 0, y23 = 0;
  let y30 = 0, y31 = 0, y32 = 0, y33 = 0;
  let p = aAt | 0;
  let q = bAt | 0;
  const end = (aAt + depth * tileSize) | 0;
  while (p < end) {
    const b0 = bPanel[q], b1 = bPanel[(q + 1) | 0], b2 = bPanel[(q + 2) | 0], b3 = bPanel[(q + 3) | 0];
    const a0 = aPanel[p];
    y00 += a0 * b0; y01 += a0 * b1; y02 += a0 * b2; y03 += a0 * b3;
    const a1 = aPanel[(p + 1) | 0];
    y10 += a1 * b0; y11 += a1 * b1; y12 += a1 * b2; y13 += a1 * b3;
    const a2 = aPanel[(p + 2) | 0];
    y20 += a2 * b0; y21 += a2 * b1; y22 += a2 * b2; y23 += a2 * b3;
    const a3 = aPanel[(p + 3) | 0];
    y30 += a3 * b0; y31 += a3 * b1; y32 += a3 * b2; y33 += a3 * b3;
    p = (p + tileSize) | 0;
    q = (q + tileSize) | 0;
  }
  y[at] += y00; y[at + 1] += y01; y[at + 2] += y02; y[at + 3] += y03;
  at += yStride;
  y[at] += y10; y[at + 1] += y11; y[at + 2] += y12; y[at + 3] += y13;
  at += yStride;
  y[at] += y20; y[at + 1] += y21; y[at + 2] += y22; y[at + 3] += y23;
  at += yStride;
  y[at] += y30; y[at + 1] += y31; y[at + 2] += y32; y[at + 3] += y33;
}
