import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { Addon } from "../../src/backends/cuda/native.js";
import { ArgumentError, DeviceError } from "../../src/index.js";
import {
  bool,
  float32,
  float64,
  int32,
  load,
  onGpu,
  putLists,
  skipped,
  testOnEmulator,
  uint8,
  why,
  wordsOf,
} from "./addon.js";

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

  testOnEmulator("an argument arrives as it was given, whatever its kind", () => {
    withBuffer(16, float64, (y) =>
      withBuffer(3, int32, (x) => {
        const echo = (): number[] => {
          const result = new Float64Array(16);
          addon.readSync(y, result);
          return Array.from(result);
        };
        putLists(addon, ...wordsOf(x), ...wordsOf(y), 5, -7, 2 ** 31 - 1);
        addon.kernels.plantedEcho(y, x, 2, 3, -(2 ** 53), Number.NaN);
        expect(echo().slice(0, 8)).toEqual([3, 3, 16, 5, -7, 2 ** 31 - 1, -(2 ** 53), Number.NaN]);
        putLists(addon);
        addon.kernels.plantedEcho(y, null, 0, 0, 0, Number.NEGATIVE_INFINITY);
        expect(echo().slice(0, 3)).toEqual([-1, 0, Number.NEGATIVE_INFINITY]);
      }),
    );
  });

  testOnEmulator("a wrong argument is named with kernel, position and value", () => {
    const { kernels } = addon;
    const call = kernels.plantedEcho as (...args: unknown[]) => void;
    withBuffer(16, float64, (y) => {
      putLists(addon);
      expect(() => call(y, null, 0, 0, 0)).toThrow(new TypeError("plantedEcho: takes 6 arguments, got 5"));
      expect(() => call("y", null, 0, 0, 0, 0)).toThrow(
        new TypeError('plantedEcho: argument 1 must be the handle of a buffer, got "y"'),
      );
      expect(() => call(y, undefined, 0, 0, 0, 0)).toThrow(/^plantedEcho: argument 2 must be .*, got undefined$/);
      expect(() => call(y, 1.5, 0, 0, 0, 0)).toThrow(
        new RangeError("plantedEcho: argument 2 must be the handle of a live buffer, got 1.5"),
      );
      expect(() => call(y, null, 1, 0, 0, 0)).toThrow(
        new RangeError("plantedEcho: argument 3 must be the length of a list that was written, got 1"),
      );
      expect(() => call(y, null, 0, -1, 0, 0)).toThrow(/^plantedEcho: argument 4 must be the length of a list/);
      expect(() => call(y, null, 0, 0, 0.5, 0)).toThrow(
        new RangeError("plantedEcho: argument 5 must be an integer, got 0.5"),
      );
      expect(() => call(y, null, 0, 0, 2 ** 53 + 2, 0)).toThrow(/argument 5 must be an integer, got 9007199254740994/);
      expect(() => call(y, null, 0, 0, Number.NaN, 0)).toThrow(RangeError);
      expect(() => call(y, null, 0, 0, 0, 1n)).toThrow(
        new TypeError("plantedEcho: argument 6 must be a number, got 1"),
      );
      expect(() => call(y, null, 0, 0, 0, {})).toThrow(
        new TypeError("plantedEcho: argument 6 must be a number, got an object"),
      );
    });
  });

  testOnEmulator("lists that were not all read are an error, and so are stale handles in them", () => {
    withBuffer(16, float64, (y) => {
      putLists(addon, 1, 2);
      expect(() => addon.kernels.plantedEcho(y, null, 0, 1, 0, 0)).toThrow(
        new RangeError("plantedEcho: takes 1 words of lists, got 2"),
      );
      const stale = addon.alloc(4, float32);
      addon.free(stale);
      putLists(addon, ...wordsOf(stale));
      expect(() => addon.kernels.plantedEcho(y, null, 1, 0, 0, 0)).toThrow(
        new RangeError("plantedEcho: argument 3[0] is no handle of a live buffer"),
      );
      addon.lists[0] = -1;
      expect(() => addon.kernels.plantedEcho(y, null, 0, 0, 0, 0)).toThrow(RangeError);
      addon.lists[0] = addon.lists.length;
      expect(() => addon.kernels.plantedEcho(y, null, 0, 0, 0, 0)).toThrow(RangeError);
      putLists(addon);
    });
  });

  testOnEmulator("a launcher's own rules become ArgumentError", () => {
    withBuffer(3, float64, (y) => {
      putLists(addon);
      expect(() => addon.kernels.plantedEcho(y, null, 0, 0, 0, 0)).toThrow(
        new ArgumentError("plantedEcho: y has 3 elements, not 16"),
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
      putLists(addon);
      expect(() => addon.kernels.fill(wrong, 4, 0)).toThrow(RangeError);
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
        new RangeError("write: argument 2 has 3 elements, the buffer 4"),
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
      putLists(addon);
      const rule = new ArgumentError("plantedLabel: label 12 is none of the 10 classes; labels count from 0");
      addon.kernels.plantedLabel(12);
      expect(() => addon.sync()).toThrow(rule);
      addon.sync();
      addon.kernels.plantedLabel(12);
      const handle = addon.alloc(1, uint8);
      await expect(addon.read(handle)).rejects.toThrow(rule);
      addon.write(handle, Uint8Array.of(7));
      expect(new Uint8Array(await addon.read(handle))[0]).toBe(7);
      addon.free(handle);
    },
  );

  testOnEmulator("where several kernels found something, all is thrown at once", () => {
    putLists(addon);
    addon.kernels.plantedIndex(-3);
    addon.kernels.plantedLabel(12);
    let message = "";
    try {
      addon.sync();
    } catch (error) {
      expect(error).toBeInstanceOf(ArgumentError);
      message = (error as Error).message;
    }
    expect(message.split("; ").filter((part) => part.startsWith("planted"))).toHaveLength(2);
    expect(message).toContain("plantedLabel: label 12 is none of the 10 classes");
    expect(message).toContain("plantedIndex: index -3 is outside an axis of 10");
    addon.kernels.plantedLabel(13);
    addon.kernels.plantedDeadlock();
    expect(() => addon.sync()).toThrow(/^emulator: plantedDeadlock: .*; plantedLabel: label 13/);
    addon.sync();
  });

  testOnEmulator("an access to an address that its type does not allow is a DeviceError with kernel and line", () => {
    putLists(addon);
    withBuffer(16, uint8, (y) => {
      for (const at of [0, 4, 12]) addon.kernels.plantedStoreVector(y, at);
      addon.sync();
      for (const at of [1, 6]) {
        addon.kernels.plantedStoreVector(y, at);
        expect(() => addon.sync()).toThrow(
          /^emulator: plantedStoreVector: thread .*: an access to an address that is not a multiple of 4, at .*planted\.cu:\d+$/,
        );
      }
    });
  });

  testOnEmulator("what stops a kernel is a DeviceError, and the device works on", () => {
    putLists(addon);
    addon.kernels.plantedDeadlock();
    expect(() => addon.sync()).toThrow(DeviceError);
    addon.sync();
  });

  test("options are checked before any is set", () => {
    expect(() => addon.setOptions({ matmul: "tf32", convolution: "fast" as never })).toThrow(
      new TypeError('setOptions: convolution must be "ieee" or "tf32"'),
    );
    expect(() => addon.setOptions({ speed: 9 } as never)).toThrow("setOptions: there is no option speed");
    if (onGpu) return;
    expect(() => addon.setOptions({ capability: 10 })).toThrow(ArgumentError);
    addon.setOptions({ capability: 75 });
    expect(addon.info().capability).toBe("7.5");
    addon.setOptions({ capability: 90 });
  });

  testOnEmulator("guard bands show which kernel wrote beside a buffer, and on which side", () => {
    addon.setOptions({ guard: true });
    putLists(addon);
    const y = addon.alloc(5, uint8);
    expect(() => addon.setOptions({ guard: false })).toThrow(ArgumentError);
    addon.kernels.plantedStore(y, 4);
    // Just beside a buffer the watched access itself is noticed, and does not happen; further off, what was written is.
    for (const at of [5, -1]) expect(() => addon.kernels.plantedStore(y, at)).toThrow(/^emulator: plantedStore: /);
    for (const [at, side] of [
      [5 + 300, "after"],
      [-300, "before"],
    ] as const)
      expect(() => addon.kernels.plantedStore(y, at)).toThrow(
        new DeviceError(`plantedStore: wrote ${side} a buffer of 5 uint8`),
      );
    addon.kernels.plantedStore(y, 0);
    expect(() => addon.kernels.plantedScratch(100, 100 + 300)).toThrow(
      new DeviceError("plantedScratch: wrote after its scratch memory of 100 bytes"),
    );
    addon.kernels.plantedScratch(100, 99);
    addon.free(y);
    addon.setOptions({ guard: false });
    addon.sync();
  });
});
