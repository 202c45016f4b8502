/**
 * The rows of matrix products and convolutions. Threads, shared memory and blocks are computed from the template
 * arguments, as gemm-loop.cuh, gemm-mma.cuh and gemm-simt.cuh do.
 */
import { element, inner, type Row, type Size, sizeOf } from "./row.js";

/** The tile of a kernel, from a first template argument such as "MmaSums<__half, 128, 128, 64, 64, 4, 2>". */
function tileOf(args: readonly string[]): { threads: number; shared: number; blocks: number; element: number } {
  const [, kind, type, list] = /^(Mma|Simt)Sums<([\w ]+), ([\d, ]+)>/.exec(args[0]) ?? [];
  const numbers = (list ?? "").split(",").map(Number);
  if (numbers.length < 5) throw new Error(`rows-multiply.ts: cannot read the tile of ${args[0]}`);
  const size = sizeOf(type);
  const sum = kind === "Simt" && type === "double" ? 8 : 4;
  const [m, n] = numbers;
  const place = 24; // struct TilePlace
  // The ring of stages, or after the loop a slab of sums, whichever is larger (tileBytes).
  if (kind === "Mma") {
    const [, , warpM, warpN, stages, blocks] = numbers;
    const bytes = Math.max(stages * (m + n) * 64, 64 * (n + 8) * sum);
    return { threads: (m / warpM) * (n / warpN) * 32, shared: bytes + place, blocks, element: size };
  }
  const [, , depth, perThread, blocks] = numbers;
  const bytes = Math.max(2 * depth * (m + n + 8) * sum, (m / (perThread / 4)) * (n + 8) * sum);
  return { threads: (m * n) / perThread ** 2, shared: bytes + place, blocks, element: size };
}

const threads: Size = (args) => tileOf(args).threads;
const shared: Size = (args) => tileOf(args).shared;
const blocks: Size = (args) => tileOf(args).blocks;
const elementOf: Size = (args) => tileOf(args).element;
const tile = { threads, shared, blocks, path: "pipeline" } as const;

/** Ordinary arithmetic: 64 threads have tiles of 64 and 32, and a kernel of float64 needs more registers than others. */
const blocksOfSimt: Size = (args) => {
  const { threads, element } = tileOf(args);
  const isSmall = /, 32, 32, /.test(args[0]);
  return threads > 64 ? 2 : !isSmall ? 6 : element === 8 ? 4 : 8;
};
const simtTile = { ...tile, blocks: blocksOfSimt };

const patches = "patches of an image are gathered element by element";

export const multiplyRows: readonly Row[] = [
  // Tier R2, gemm-mma.cuh and conv-mma.cuh
  {
    kernel: /^gemmKernel<MmaSums<(?!.*(Element|Strided)Producer)/,
    title: "products on tensor cores, whole vectors",
    load: 16,
    store: 16,
    ...tile,
    registers: 232,
  },
  {
    // What is chosen for matrices whose lines are not whole vectors: no wider load is possible.
    kernel: /^gemmKernel<MmaSums<.*StridedProducer/,
    title: "products on tensor cores, any strides (fallback)",
    load: elementOf,
    store: 16,
    ...tile,
    registers: 240,
  },
  {
    kernel: /^gemmKernel<MmaSums<.*ElementProducer/,
    title: "convolutions on tensor cores",
    load: 16,
    store: 16,
    known: { load: elementOf, why: patches },
    ...tile,
    registers: 240,
  },
  // Tier R1, gemm-simt.cuh and conv-simt.cu
  {
    kernel: /^gemmKernel<SimtSums<(?!.*(Element|Strided)Producer)/,
    title: "products by ordinary arithmetic, whole vectors",
    load: 16,
    store: 16,
    ...simtTile,
    registers: 168,
  },
  {
    kernel: /^gemmKernel<SimtSums<.*StridedProducer/,
    title: "products by ordinary arithmetic, any strides (fallback)",
    load: elementOf,
    store: 16,
    ...simtTile,
    registers: 176,
  },
  {
    kernel: /^gemmKernel<SimtSums<.*ElementProducer/,
    title: "convolutions by ordinary arithmetic",
    load: 16,
    store: 16,
    known: { load: elementOf, why: patches },
    ...simtTile,
    registers: 168,
  },
  // gemm-store.cuh: 256 threads
  {
    kernel: /^addPartials</,
    title: "sum of the parts of a split depth",
    load: 16,
    store: 16,
    known: {
      load: 4,
      store: inner,
      why: "one element for each thread",
    },
    registers: 40,
    blocks: 6,
  },
  // gemm-naive.cu: the oracle and tiny products, 128 threads
  {
    kernel: /^naiveKernel</,
    title: "products, one thread for each element",
    load: element(0),
    store: element(0),
    threads: 128,
    registers: 40,
    blocks: 12,
  },
  // conv.cu, conv-filters.cuh, conv-direct.cu: 128 threads
  {
    kernel: /^gatherFilters</,
    title: "filters, rearranged for a product",
    load: element(0),
    store: element(0),
    threads: 128,
    registers: 40,
    blocks: 12,
  },
  {
    kernel: /^(forward|gradInput|gradWeight)Kernel</,
    title: "direct convolution (grouped, depthwise, float64)",
    load: element(0),
    store: element(0),
    threads: 128,
    shared: 128,
    registers: 64,
    blocks: 8,
  },
];
