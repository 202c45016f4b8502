import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Addon, leftOut } from "../../src/backends/native/addon.js";
import { NativeBackend } from "../../src/backends/native/backend.js";
import { ArgumentError, DeviceError } from "../../src/index.js";
import { callKernel } from "../support/operands.js";
import { bool, float32, float64, int32, load, onGpu, skipped, testOnEmulator, uint8, why } from "./addon.js";

describe.skipIf(skipped)(`the addon's functions${why}`, () => {
  let addon: Addon;
  let live: number;

  beforeAll(() => {
    addon = load();
  });
  beforeEach(() => {
    live = addon.memory().live;
  });
  afterEach(() => {
    expect(addon.memory().live).toBe(live);
  });

  /** Runs `body` with a new buffer. */
  function withBuffer<T>(length: number, dtype: number, body: (handle: number) => T): T {
    const handle = addon.alloc(length, dtype);
    try {
      return body(handle);
    } finally {
      addon.free(handle);
    }
  }

  testOnEmulator("an operand arrives as it was given, whatever its kind", () => {
    withBuffer(16, float64, (y) =>
      withBuffer(3, int32, (x) => {
        const echo = (): number[] => {
          const result = new Float64Array(16);
          addon.readSync(y, result);
          return Array.from(result);
        };
        callKernel(addon, "plantedEcho", y, x, [x, y], [5, -7, 2 ** 31 - 1], -(2 ** 53), Number.NaN);
        expect(echo().slice(0, 8)).toEqual([3, 3, 16, 5, -7, 2 ** 31 - 1, -(2 ** 53), Number.NaN]);
        callKernel(addon, "plantedEcho", y, null, [], [], 0, Number.NEGATIVE_INFINITY);
        expect(echo().slice(0, 3)).toEqual([-1, 0, Number.NEGATIVE_INFINITY]);
      }),
    );
  });

  testOnEmulator("a wrong operand is named with kernel, position and value", () => {
    const { kernels, operands } = addon;
    const echo = (...words: number[]) => {
      operands[0] = words.length;
      operands.set(words, 1);
      kernels.plantedEcho();
    };
    withBuffer(16, float64, (y) => {
      expect(() => echo(y, leftOut, 0, 0, 0, 0)).not.toThrow();
      expect(() => echo(y, leftOut, 0, 0, 0)).toThrow(new RangeError("plantedEcho: expected 6 operands, got 5"));
      expect(() => echo()).toThrow(new RangeError("plantedEcho: expected 6 operands, got 0"));
      expect(() => echo(y, leftOut, 0, 0, 0, 0, 0, 0)).toThrow(
        new RangeError("plantedEcho: 2 words are left over after 6 operands"),
      );
      for (const wrong of [leftOut, 1.5, Number.NaN])
        expect(() => echo(wrong, leftOut, 0, 0, 0, 0)).toThrow(
          new RangeError(`plantedEcho: operand 1 must be the handle of a live buffer, got ${wrong}`),
        );
      expect(() => echo(y, 1.5, 0, 0, 0, 0)).toThrow(
        new RangeError("plantedEcho: operand 2 must be the handle of a live buffer, got 1.5"),
      );
      for (const wrong of [4, -1, 0.5, 2 ** 53, Number.NaN])
        expect(() => echo(y, leftOut, wrong, 0, 0, 0)).toThrow(
          new RangeError(`plantedEcho: operand 3 must be a list that starts with its length, got ${wrong}`),
        );
      expect(() => echo(y, leftOut, 1, y + 1, 0, 0, 0)).toThrow(
        new RangeError(`plantedEcho: operand 3[0] must be the handle of a live buffer, got ${y + 1}`),
      );
      for (const wrong of [0.5, 2 ** 31, -(2 ** 31) - 1, Number.NaN])
        expect(() => echo(y, leftOut, 0, 2, 7, wrong, 0, 0)).toThrow(
          new ArgumentError(`plantedEcho: operand 4[1] must be a 32-bit integer, got ${wrong}`),
        );
      for (const wrong of [0.5, 2 ** 53 + 2, Number.POSITIVE_INFINITY, Number.NaN])
        expect(() => echo(y, leftOut, 0, 0, wrong, 0)).toThrow(
          new RangeError(`plantedEcho: operand 5 must be an integer, got ${wrong}`),
        );
      for (const wrong of [-1, 0.5, operands.length, Number.NaN]) {
        operands[0] = wrong;
        expect(() => kernels.plantedEcho()).toThrow(
          new RangeError(
            `plantedEcho: the number of words of the operands must be an integer from 0 to ${operands.length - 1}, got ${wrong}`,
          ),
        );
      }
    });
  });

  testOnEmulator("lists may be as long as the array", () => {
    withBuffer(16, float64, (y) => {
      const length = addon.operands.length - 7;
      const dims = new Array<number>(length).fill(7);
      callKernel(addon, "plantedEcho", y, null, [], dims, 0, 0);
      const result = new Float64Array(16);
      addon.readSync(y, result);
      expect(Array.from(result)).toEqual([-1, ...new Array(15).fill(7)]);
      const handles = new Array<number>(length).fill(y);
      callKernel(addon, "plantedEcho", y, null, handles, [], 0, 0);
      addon.readSync(y, result);
      expect(Array.from(result)).toEqual([-1, ...new Array(15).fill(16)]);
    });
  });

  test("a backend throws if operands do not fit the array", () => {
    const backend = new NativeBackend("emulator", addon);
    const kernel = { name: "fill", firstOutput: 0, cpu: () => undefined };
    const { length } = addon.operands;
    expect(() => backend.run(kernel, [], [new Array<number>(length - 1).fill(0)])).toThrow(
      new ArgumentError(
        `fill: the operands need ${length} words, but the limit is ${length - 1}; pass fewer tensors at once`,
      ),
    );
    expect(() => addon.kernels.fill()).toThrow("fill: expected 3 operands, got 0");
  });

  testOnEmulator("operands count for one call", () => {
    withBuffer(16, float64, (y) => {
      callKernel(addon, "plantedEcho", y, null, [], [], 0, 0);
      expect(() => addon.kernels.plantedEcho()).toThrow("plantedEcho: expected 6 operands, got 0");
    });
  });

  testOnEmulator("a launcher's own rules become ArgumentError", () => {
    withBuffer(3, float64, (y) => {
      expect(() => callKernel(addon, "plantedEcho", y, null, [], [], 0, 0)).toThrow(
        new ArgumentError("plantedEcho: y must have 16 elements, got 3"),
      );
    });
  });

  test("a handle that was freed, or never was one, is refused everywhere", () => {
    const handle = addon.alloc(4, float32);
    addon.free(handle);
    const others = [handle, handle + 1, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 0];
    for (const wrong of others) {
      expect(() => addon.free(wrong)).toThrow(RangeError);
      expect(() => addon.describe(wrong)).toThrow(RangeError);
      expect(() => addon.write(wrong, new Float32Array(4))).toThrow(RangeError);
      expect(() => addon.readSync(wrong, new Float32Array(4))).toThrow(RangeError);
      expect(() => addon.read(wrong)).toThrow(RangeError);
      expect(() => callKernel(addon, "fill", wrong, 4, 0)).toThrow(RangeError);
    }
  });

  test("an index is used again with another handle", () => {
    const first = addon.alloc(4, float32);
    addon.free(first);
    const second = addon.alloc(4, float32);
    expect(second % 2 ** 24).toBe(first % 2 ** 24);
    expect(second).not.toBe(first);
    addon.free(second);
  });

  test("arrays must be of the buffer's own type and length", () => {
    withBuffer(4, bool, (y) => {
      expect(() => addon.write(y, new Float32Array(4))).toThrow(TypeError);
      expect(() => addon.write(y, new Uint8Array(3))).toThrow(
        new RangeError("write: argument 2 must have 4 elements, like the buffer, got 3"),
      );
      expect(() => addon.write(y, [1, 2, 3, 4] as never)).toThrow(TypeError);
      addon.write(y, Uint8Array.of(1, 0, 1, 0));
      const result = new Uint8Array(4);
      addon.readSync(y, result);
      expect(Array.from(result)).toEqual([1, 0, 1, 0]);
    });
  });

  test("an array may be a part of a larger one, and empty buffers are buffers", () => {
    withBuffer(2, int32, (y) => {
      addon.write(y, Int32Array.of(1, 2, 3, 4).subarray(1, 3));
      const result = new Int32Array(4);
      addon.readSync(y, result.subarray(2));
      expect(Array.from(result)).toEqual([0, 0, 2, 3]);
    });
    withBuffer(0, int32, (y) => {
      addon.write(y, new Int32Array(0));
      addon.readSync(y, new Int32Array(0));
      expect(addon.describe(y)).toEqual({ length: 0, dtype: int32 });
    });
  });

  testOnEmulator(
    "what a kernel reports of bad data is thrown once, by the next that waits, with the kernel's name",
    async () => {
      const rule = new ArgumentError("plantedLabel: label 12 is out of range for 10 classes; labels count from 0");
      callKernel(addon, "plantedLabel", 12);
      expect(() => addon.sync()).toThrow(rule);
      addon.sync();
      callKernel(addon, "plantedLabel", 12);
      const handle = addon.alloc(1, uint8);
      await expect(addon.read(handle)).rejects.toThrow(rule);
      addon.write(handle, Uint8Array.of(7));
      expect(new Uint8Array(await addon.read(handle))[0]).toBe(7);
      addon.free(handle);
    },
  );

  testOnEmulator("where several kernels found something, all is thrown at once", () => {
    callKernel(addon, "plantedIndex", -3);
    callKernel(addon, "plantedLabel", 12);
    let message = "";
    try {
      addon.sync();
    } catch (error) {
      expect(error).toBeInstanceOf(ArgumentError);
      message = (error as Error).message;
    }
    expect(message.split("; ").filter((part) => part.startsWith("planted"))).toHaveLength(2);
    expect(message).toContain("plantedLabel: label 12 is out of range for 10 classes");
    expect(message).toContain("plantedIndex: index -3 is out of range for an axis of size 10; indices count from 0");
    callKernel(addon, "plantedLabel", 13);
    callKernel(addon, "plantedDeadlock");
    expect(() => addon.sync()).toThrow(/^emulator: plantedDeadlock: .*; plantedLabel: label 13/);
    addon.sync();
  });

  testOnEmulator("an access to an address that its type does not allow is a DeviceError with kernel and line", () => {
    withBuffer(16, uint8, (y) => {
      for (const at of [0, 4, 12]) callKernel(addon, "plantedStoreVector", y, at);
      addon.sync();
      for (const at of [1, 6]) {
        callKernel(addon, "plantedStoreVector", y, at);
        expect(() => addon.sync()).toThrow(
          /^emulator: plantedStoreVector: thread .*: an access to an address that is not a multiple of 4, at .*planted\.cu:\d+$/,
        );
      }
    });
  });

  testOnEmulator("what stops a kernel is a DeviceError, and the device works on", () => {
    callKernel(addon, "plantedDeadlock");
    expect(() => addon.sync()).toThrow(DeviceError);
    addon.sync();
  });

  test("options are checked before any is set", () => {
    expect(() => addon.setOptions({ matmul: "tf32", convolution: "fast" as never })).toThrow(
      new TypeError('setOptions: convolution must be "ieee" or "tf32"'),
    );
    expect(() => addon.setOptions({ speed: 9 } as never)).toThrow("setOptions: unknown option speed");
    if (onGpu) return;
    expect(() => addon.setOptions({ capability: 10 })).toThrow(ArgumentError);
    addon.setOptions({ capability: 75 });
    expect(addon.info().capability).toBe("7.5");
    addon.setOptions({ capability: 90 });
  });

  testOnEmulator("guard bands show which kernel wrote beside a buffer, and on which side", () => {
    addon.setOptions({ guard: true });
    const y = addon.alloc(5, uint8);
    expect(() => addon.setOptions({ guard: false })).toThrow(ArgumentError);
    callKernel(addon, "plantedStore", y, 4);
    // Just beside a buffer the watched access itself is noticed, and does not happen; further off, what was written is.
    for (const at of [5, -1])
      expect(() => callKernel(addon, "plantedStore", y, at)).toThrow(/^emulator: plantedStore: /);
    for (const [at, side] of [
      [5 + 300, "after"],
      [-300, "before"],
    ] as const)
      expect(() => callKernel(addon, "plantedStore", y, at)).toThrow(
        new DeviceError(`plantedStore: the kernel wrote ${side} a buffer of 5 uint8`),
      );
    callKernel(addon, "plantedStore", y, 0);
    expect(() => callKernel(addon, "plantedScratch", 100, 100 + 300)).toThrow(
      new DeviceError("plantedScratch: the kernel wrote after its scratch memory of 100 bytes"),
    );
    callKernel(addon, "plantedScratch", 100, 99);
    addon.free(y);
    addon.setOptions({ guard: false });
    addon.sync();
  });
});
