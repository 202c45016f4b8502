/**
 * What the machine code of each kernel should be: a row for each kernel template. The check of the kernels takes the
 * first row that matches a kernel's short name. A kernel without a row fails the check, and so does a row that matches
 * no kernel.
 *
 * `load` and `store` are the widths that a kernel should have; `known` is what falls short of that today, and why.
 * Registers are those of nvcc 13.0, rounded up to the 8 in which they are given out. Threads and dynamic shared memory
 * are those of the largest usual launch, copied from the launcher in the file named above the row.
 */
import { element, four, nothing, oneNumber, type Row, type Shortfall, sizeOf, unit, vector, vectorOf } from "./row.js";
import { multiplyRows } from "./rows-multiply.js";
import { reduceRows } from "./rows-reduce.js";

/** Four numbers come from one counter of Philox; more at once would take another counter. */
const philox: Shortfall = { store: four(0), why: "a thread takes the four numbers of one counter" };
const broadcast = "results are stored one by one if a run of equal strides is not made of whole vectors";
const reduction = "sin and cos of the CUDA library reduce large arguments in local memory";

export const rows: readonly Row[] = [
  // Elementwise, blocks of 256: elementwise.cuh
  {
    kernel: /^unaryKernel<(sin|cos|tan)Row, /,
    title: "sin, cos, tan",
    load: vector(1),
    store: vectorOf(2, 1),
    path: "loops",
    stores: 2,
    known: { stack: 40, why: reduction },
    registers: 48,
    blocks: 5,
  },
  {
    // Every integer is finite: the kernel writes a constant.
    kernel: /^unaryKernel<is(Finite|NaN)Row, (int|unsigned char), /,
    title: "unary, constant",
    load: nothing,
    store: vectorOf(2, 1),
    stores: 2,
    registers: 24,
    blocks: 8,
  },
  {
    kernel: /^unaryKernel<erfRow, double, /,
    title: "erf, float64",
    load: 16,
    store: vectorOf(2, 1),
    stores: 2,
    registers: 112,
    blocks: 2,
  },
  {
    kernel: /^unaryKernel<(exp|asin|atan)Row, double, /,
    title: "exp, asin, atan, float64",
    load: 16,
    store: vectorOf(2, 1),
    stores: 2,
    registers: 72,
    blocks: 3,
  },
  {
    kernel: /^unaryKernel<\w+, double, /,
    title: "unary, float64",
    load: 16,
    store: vectorOf(2, 1),
    stores: 2,
    registers: 48,
    blocks: 5,
  },
  {
    kernel: /^unaryKernel</,
    title: "unary",
    load: vector(1),
    store: vectorOf(2, 1),
    stores: 2,
    registers: 40,
    blocks: 6,
  },
  { kernel: /^gradientKernel</, title: "activation gradients", load: 16, store: 16, registers: 32, blocks: 8 },
  // binary.cuh
  { kernel: /^binaryKernel</, title: "binary", load: vector(1), store: vectorOf(2, 1), registers: 48, blocks: 5 },
  {
    kernel: /^binaryBroadcastKernel</,
    title: "binary, broadcast",
    load: vector(1),
    store: vectorOf(2, 1),
    known: { narrowStoreLoops: 1, why: broadcast },
    registers: 56,
    blocks: 4,
  },
  // where.cu, cast.cu, cast.cuh, fill.cu, triangle.cu
  { kernel: /^whereKernel</, title: "where", load: vector(0), store: vector(0), registers: 32, blocks: 8 },
  {
    kernel: /^whereBroadcastKernel</,
    title: "where, broadcast",
    load: vector(0),
    store: vector(0),
    known: { narrowStoreLoops: 1, why: broadcast },
    registers: 56,
    blocks: 4,
  },
  { kernel: /^castKernel</, title: "cast", load: 16, store: 16, registers: 40, blocks: 6 },
  { kernel: /^copyKernel$/, title: "copy", load: 16, store: 16, registers: 16, blocks: 8 },
  { kernel: /^fillKernel$/, title: "fill", load: nothing, store: 16, registers: 24, blocks: 8 },
  { kernel: /^arangeKernel</, title: "arange", load: nothing, store: vector(0), registers: 32, blocks: 8 },
  { kernel: /^triangleKernel</, title: "triangle", load: vector(0), store: vector(0), registers: 40, blocks: 6 },
  // concat.cu, strided-copy.cu, slice.cu: units of 1 to 16 bytes, the largest that the shapes allow
  { kernel: /^concatKernel</, title: "concat", load: unit, store: unit, registers: 40, blocks: 6 },
  { kernel: /^stridedCopyKernel</, title: "strided copy", load: unit, store: unit, registers: 40, blocks: 6 },
  { kernel: /^slicePadKernel</, title: "slice and pad", load: unit, store: unit, registers: 32, blocks: 8 },
  // permute.cu: tiles of 32 x 64 elements (32 x 32 of 8 bytes)
  {
    kernel: /^transposeKernel</,
    title: "transpose",
    load: 16,
    store: 16,
    known: { load: element(0), store: element(0), why: "tiles are read and written element by element" },
    shared: ([type]) => 32 * (sizeOf(type) === 8 ? 33 : 64 + Math.max(1, 4 / sizeOf(type))) * sizeOf(type),
    registers: 72,
    blocks: 3,
  },

  // Random numbers, blocks of 256: random.cu
  { kernel: /^randKernel</, title: "rand", load: nothing, store: 16, known: philox, registers: 32, blocks: 8 },
  {
    kernel: /^randnKernel<double>/,
    title: "randn, float64",
    load: nothing,
    store: 16,
    known: { stack: 40, why: reduction },
    registers: 48,
    blocks: 5,
  },
  { kernel: /^randnKernel</, title: "randn", load: nothing, store: 16, known: philox, registers: 32, blocks: 8 },
  { kernel: /^randintKernel</, title: "randint", load: nothing, store: 16, known: philox, registers: 32, blocks: 8 },
  {
    kernel: /^bernoulliKernel</,
    title: "bernoulli",
    load: nothing,
    store: 16,
    known: philox,
    registers: 32,
    blocks: 8,
  },
  {
    kernel: /^dropoutKernel</,
    title: "dropout",
    load: 16,
    store: 16,
    known: { ...philox, load: four(0) },
    registers: 32,
    blocks: 8,
  },

  ...reduceRows,

  // Optimizers, blocks of 256: step.cuh. The parameters and each slot have one store each; slots of float32
  // for 16-bit parameters have two.
  {
    kernel: /^stepParameters<.*, Sgd(Momentum)?</,
    title: "sgd",
    load: 16,
    store: 16,
    stores: storesOf,
    shared: 24,
    registers: 48,
    blocks: 5,
  },
  {
    kernel: /^stepParameters</,
    title: "adam, adamW, amsgrad and others",
    load: 16,
    store: 16,
    stores: storesOf,
    shared: 24,
    registers: 72,
    blocks: 3,
  },

  ...multiplyRows,

  // Checks of single instructions: conformance.cu, conformance-hopper.cu. Their speed does not matter.
  {
    kernel: /^mmaKernel$/,
    title: "conformance of mma",
    load: oneNumber,
    store: oneNumber,
    known: { stack: 32, why: "fragments are indexed by a number that only the launch knows" },
    threads: 32,
    registers: 32,
    blocks: 32,
  },
  {
    kernel: /^(loadMatrix|storeMatrix|copyAsync|toTf32|barrier|tensorLoad|tensorStore)Kernel$/,
    title: "conformance",
    load: oneNumber,
    store: oneNumber,
    threads: 128,
    shared: 512,
    registers: 32,
    blocks: 16,
  },
  {
    kernel: /^wgmmaKernel</,
    title: "conformance of wgmma",
    load: oneNumber,
    store: oneNumber,
    threads: 128,
    shared: 49152,
    registers: 160,
    blocks: 3,
  },
];

/** Stores of a unit of one parameter: its own, and those of the slots of a rule such as "Adam<float, true>". */
function storesOf([type, rule]: readonly string[]): number {
  const slots = rule.startsWith("Sgd<") ? 0 : rule.startsWith("SgdMomentum<") ? 1 : /^Adam<.*true>$/.test(rule) ? 3 : 2;
  return 1 + slots * (sizeOf(type) === 2 ? 2 : 1);
}
