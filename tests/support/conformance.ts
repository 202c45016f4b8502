/**
 * The calls of conformance kernels and their expected results. Used by the tests on devices and by the smoke test of
 * bench.
 */
import { dtypeCode } from "../../src/backends/native/addon.js";
import type { NativeDevice } from "../../src/backends/native/index.js";
import { narrow } from "../../src/core/half.js";
import { randomNumbers } from "../cases/case.js";
import { callKernel } from "./operands.js";

type Words = Int32Array | Float32Array;

/** One call of a conformance kernel: what goes in, the length and kind of what comes out, and how equal it must be. */
export interface Check {
  readonly name: string;
  readonly kernel: string;
  readonly inputs: readonly Words[];
  readonly output: Words;
  readonly numbers: readonly (number | readonly number[])[];
  /** The compute capability that the instruction needs. */
  readonly capability: number;
  /** The largest difference allowed; 0 where every bit must agree. Products are summed in another order on hardware. */
  readonly tolerance: number;
}

const next = randomNumbers(20);
const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const words = (n: number): Int32Array => Int32Array.from({ length: n }, () => next() * 2 ** 32 - 2 ** 31);
const floats = (n: number): Float32Array => Float32Array.from({ length: n }, () => next() * 4 - 2);

/** What the output holds before: a kernel that writes nothing leaves it. */
const blank = <T extends Int32Array | Float32Array>(Class: new (n: number) => T, n: number): T =>
  new Class(n).fill(7) as T;

/** Words that each hold two 16-bit floats from [-2, 2). */
function halves(dtype: "bfloat16" | "float16", n: number): Int32Array {
  const bits = new Uint16Array(2 * n);
  narrow(dtype, floats(2 * n), bits);
  return new Int32Array(bits.buffer);
}

/** float32 whose lower 13 bits are 0: what tf32 keeps. */
const tf32 = (n: number): Int32Array => new Int32Array(floats(n).buffer).map((word) => word & ~0x1fff);

/** A sum of up to 16 products below 4, and a difference in the last bits of numbers up to 64. */
const sumTolerance = 64 * 2 ** -20;

const mmaForms = [
  { name: "bf16 m16n8k16", make: (n: number) => halves("bfloat16", n), registers: 4, capability: 80 },
  { name: "f16 m16n8k16", make: (n: number) => halves("float16", n), registers: 4, capability: 75 },
  { name: "tf32 m16n8k8", make: tf32, registers: 4, capability: 80 },
  { name: "bf16 m16n8k8", make: (n: number) => halves("bfloat16", n), registers: 2, capability: 80 },
  { name: "f16 m16n8k8", make: (n: number) => halves("float16", n), registers: 2, capability: 75 },
];

const count = 16;

const mma = (): Check[] =>
  mmaForms.map(({ name, make, registers, capability }, form) => ({
    name: `mma ${name}`,
    kernel: "conformanceMma",
    inputs: [make(count * 32 * registers), make((count * 32 * registers) / 2), floats(count * 128)],
    output: blank(Float32Array, count * 128),
    numbers: [count, form],
    capability: name.startsWith("f16 m16n8k16") ? 80 : capability,
    tolerance: sumTolerance,
  }));

const matrices = (kernel: string, capability: number): Check[] =>
  [1, 2, 4].flatMap((n) =>
    [0, 1].map((transposed) => ({
      name: `${kernel.slice(11)} x${n}${transposed ? " transposed" : ""}`,
      kernel,
      inputs: [words(count * 128)],
      output: blank(Int32Array, count * 128),
      numbers: [count, n, transposed],
      capability,
      tolerance: 0,
    })),
  );

const copies = (): Check[] =>
  [4, 8, 16].flatMap((bytes) =>
    [0, 1, bytes / 2, bytes - 1, bytes].map((readBytes) => ({
      name: `cp.async ${bytes} bytes, ${readBytes} read`,
      kernel: "conformanceCopyAsync",
      inputs: [words(128)],
      output: blank(Int32Array, 128),
      numbers: [bytes, readBytes],
      capability: 75,
      tolerance: 0,
    })),
  );

function conversions(): Check {
  const special = [0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3.4e38, -3.4e38, 1e-40, 2 ** -149];
  const x = Float32Array.from(
    [...special, ...words(4000).map(Math.abs)].map((value, i) => (i % 2 ? value : value / 3)),
  );
  return {
    name: "cvt.rna.tf32",
    kernel: "conformanceToTf32",
    inputs: [x],
    output: blank(Int32Array, x.length),
    numbers: [x.length],
    capability: 80,
    tolerance: 0,
  };
}

const barrier = (): Check => ({
  name: "named barriers",
  kernel: "conformanceBarrier",
  inputs: [words(64)],
  output: blank(Int32Array, 128),
  numbers: [],
  capability: 75,
  tolerance: 0,
});

const [rows, columns] = [40, 64];
const corners = [
  [0, 0],
  [8, 32],
  [-3, -5],
  [30, 50],
  [100, 0],
];

const boxes = (): Check[] =>
  range(4).flatMap((swizzle) =>
    corners.flatMap(([row, column]): Check[] => {
      const box = 16 * (swizzle === 0 ? 32 : 4 << swizzle);
      const at = `at (${row}, ${column}), swizzle ${swizzle}`;
      const numbers = [[rows, columns], row, column, swizzle];
      const common = { numbers, capability: 90, tolerance: 0 };
      const load = { name: `TMA load ${at}`, kernel: "conformanceTensorLoad", output: blank(Int32Array, box) };
      const store = {
        name: `TMA store ${at}`,
        kernel: "conformanceTensorStore",
        output: blank(Float32Array, rows * columns),
      };
      // Stored words are read back as floats: they must not be NaN, whose bits need not survive.
      return [
        { ...load, ...common, inputs: [floats(rows * columns)] },
        { ...store, ...common, inputs: [new Int32Array(floats(box).buffer)] },
      ];
    }),
  );

function products(): Check[] {
  const checks: Check[] = [];
  for (const n of [64, 128, 192, 256])
    for (const dtype of ["bfloat16", "float16"] as const)
      for (const transposed of [0, 1]) {
        // 128-byte swizzle. Along K: eight rows of 128 bytes make a group of 1,024. Transposed: 64 columns do.
        const leading = transposed ? 2048 : 16;
        const startB = 16384;
        const bytes = startB + (n / 8 + 1) * Math.max(leading, 1024) + 1024;
        checks.push({
          name: `wgmma ${dtype} m64n${n}k16${transposed ? " transposed" : ""}`,
          kernel: "conformanceWgmma",
          inputs: [halves(dtype, Math.ceil(bytes / 1024) * 256), floats(64 * n)],
          output: blank(Float32Array, 64 * n),
          numbers: [n, dtype === "float16" ? 1 : 0, transposed, transposed, [3, leading, 1024, startB, leading, 1024]],
          capability: 90,
          tolerance: sumTolerance,
        });
      }
  return checks;
}

/** Every wrapper of kernels/ptx, on random numbers. */
export const checks: readonly Check[] = [
  ...mma(),
  ...matrices("conformanceLoadMatrix", 75),
  ...matrices("conformanceStoreMatrix", 90),
  ...copies(),
  conversions(),
  barrier(),
  ...boxes(),
  ...products(),
];

/** What the device makes of a check. The output is poisoned before, unless the kernel writes a part of it. */
export function perform(device: NativeDevice, { kernel, inputs, output, numbers }: Check): Words {
  const { addon } = device;
  const handles: number[] = [];
  try {
    for (const array of [...inputs, output]) {
      const handle = addon.alloc(array.length, dtypeCode[array instanceof Int32Array ? "int32" : "float32"]);
      handles.push(handle);
      addon.write(handle, array);
    }
    callKernel(addon, kernel, ...handles, ...numbers);
    const result = output.slice();
    addon.readSync(handles[handles.length - 1], result);
    return result;
  } finally {
    for (const handle of handles) addon.free(handle);
  }
}

/** The largest difference between two results; infinite if one is not a number, 0 if all bits are equal. */
export function difference(a: Words, b: Words): number {
  let most = 0;
  for (let i = 0; i < a.length; i++) {
    if (Object.is(a[i], b[i])) continue;
    const distance = Math.abs(a[i] - b[i]);
    most = Math.max(most, Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance);
  }
  return most;
}
