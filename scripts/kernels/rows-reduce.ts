/** The rows of reductions, softmax and norms, losses, scans and pooling: kernels that read much and write little. */
import { element, inner, oneNumber, type Row, type Size } from "./row.js";

/** 16-byte stores of a thread in one turn of the main loop: `rowUnits` units of `rowUnit` elements (rows.cuh). */
const storesOfUnit: Size = (args) => (inner(args) === 2 ? 2 : 4);
const power = "one element at a time: a power needs many registers";

export const reduceRows: readonly Row[] = [
  // Reductions, blocks of 256: reduction.cuh. Shared memory holds a state of at most 32 bytes for each warp, and by
  // columns one of at most 16 bytes for each of 32 columns of at most 8 elements in float32.
  {
    kernel: /^reduceRows<NormFold</,
    title: "reduce rows, norm of any order",
    load: 16,
    known: { load: inner, why: power },
    store: oneNumber,
    shared: 256,
    registers: 72,
    blocks: 3,
  },
  {
    kernel: /^reduceRows<\w+<double>/,
    title: "reduce rows, float64",
    load: 16,
    store: oneNumber,
    shared: 256,
    registers: 88,
    blocks: 2,
  },
  {
    kernel: /^reduceRows<\w+<unsigned char>/,
    title: "reduce rows, elements of 1 byte",
    load: 16,
    store: oneNumber,
    shared: 256,
    registers: 168,
    blocks: 1,
  },
  { kernel: /^reduceRows</, title: "reduce rows", load: 16, store: oneNumber, shared: 256, registers: 104, blocks: 2 },
  {
    kernel: /^reduceColumns<NormFold</,
    title: "reduce columns, norm of any order",
    load: 16,
    known: { load: inner, why: power },
    store: oneNumber,
    shared: 2048,
    registers: 72,
    blocks: 3,
  },
  {
    kernel: /^reduceColumns</,
    title: "reduce columns",
    load: (args) => Math.min(16, 8 * inner(args)),
    store: oneNumber,
    shared: 32768,
    registers: 128,
    blocks: 2,
  },
  {
    kernel: /^mergeParts</,
    title: "reduce, second stage",
    load: oneNumber,
    store: oneNumber,
    shared: 256,
    registers: 48,
    blocks: 5,
  },

  // Rows: rows.cuh. Blocks of 128 threads take rows that fit into registers, blocks of 512 longer ones, which they keep
  // in shared memory if that is large enough. The figures do not include it.
  {
    kernel: /^walkRows<(Soft)?CrossEntropy<.*, true>/,
    title: "rows: cross entropy",
    load: 16,
    store: oneNumber,
    threads: 128,
    shared: 128,
    registers: 88,
    blocks: 5,
  },
  {
    kernel: /^walkRows<(Soft)?CrossEntropy<.*, false>/,
    title: "long rows: cross entropy",
    load: 16,
    store: oneNumber,
    threads: 512,
    shared: 512,
    registers: 96,
    blocks: 1,
  },
  {
    kernel: /^walkRows<.*, true>/,
    title: "rows",
    load: 16,
    store: 16,
    stores: storesOfUnit,
    threads: 128,
    shared: 128,
    registers: 112,
    blocks: 4,
  },
  {
    kernel: /^walkRows<(Layer|Rms)Norm<.*, false>/,
    title: "long rows: norms",
    load: 16,
    store: 16,
    stores: storesOfUnit,
    known: { narrowStoreLoops: 1, why: "mean and rstd are one number for each row" },
    threads: 512,
    shared: 512,
    registers: 112,
    blocks: 1,
  },
  {
    kernel: /^walkRows<.*, false>/,
    title: "long rows",
    load: 16,
    store: 16,
    stores: storesOfUnit,
    threads: 512,
    shared: 512,
    registers: 112,
    blocks: 1,
  },
  // norm-columns.cuh
  {
    kernel: /^sumRowsOfColumns</,
    title: "norm gradients by columns",
    load: 16,
    store: oneNumber,
    shared: 16384,
    registers: 64,
    blocks: 4,
  },
  {
    kernel: /^sumPartsOfColumns</,
    title: "norm gradients, second stage",
    load: oneNumber,
    store: oneNumber,
    registers: 32,
    blocks: 8,
  },

  // Losses, blocks of 256: losses.cu
  { kernel: /^mapArrays</, title: "losses by element", load: 16, store: 16, registers: 48, blocks: 5 },
  { kernel: /^pickLosses</, title: "losses of labels", load: oneNumber, store: oneNumber, registers: 32, blocks: 8 },
  {
    kernel: /^spreadLosses</,
    title: "gradient of losses of labels",
    load: oneNumber,
    store: 16,
    known: { store: element(0), why: "one element for each thread" },
    registers: 32,
    blocks: 8,
  },

  // Scans, blocks of 256: scan.cu
  {
    kernel: /^scanLines</,
    title: "scan along a row",
    load: 16,
    store: 16,
    known: { load: element(0), store: element(0), why: "elements are read and written one by one" },
    shared: 64,
    registers: 40,
    blocks: 6,
  },
  // A thread has a line; neighboring threads have neighboring lines.
  { kernel: /^walkLines</, title: "scan across rows", load: oneNumber, store: oneNumber, registers: 56, blocks: 4 },

  // Pooling and running statistics: average-pool.cu, max-pool.cu (blocks of 256), running-stats.cu (of 128)
  {
    kernel: /^(averageWindows|spreadWindows|poolLargest|gatherLargest)</,
    title: "pooling",
    load: element(0),
    store: element(0),
    known: { splitLoads: 1, why: "two neighboring windows are read one after the other" },
    shared: 64,
    registers: 64,
    blocks: 4,
  },
  {
    kernel: /^moveStatistics$/,
    title: "running statistics",
    load: oneNumber,
    store: oneNumber,
    threads: 128,
    registers: 32,
    blocks: 16,
  },
];
