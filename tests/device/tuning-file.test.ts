import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { NativeDevice } from "../../src/backends/cuda/index.js";
import { tuningFile } from "../../src/backends/cuda/tuning.js";
import { DeviceError, device, type LaunchedProduct, matmul, ones, type TuningRow, tidy } from "../../src/index.js";
import { native } from "../support/device.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

describe.runIf(device() !== "cpu")(`the tuning file of ${device()}`, () => {
  const row: TuningRow = {
    ...{ product: "matmul", elements: "float32", m: 64, n: 64, k: 512, batches: 1 },
    ...{ aAlongDepth: true, bAlongDepth: false, tier: "simtElements", tile: 32, splits: 1 },
  };

  let folder: string;
  let card: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "wengert-tuning-"));
    card = native.info().name;
    vi.stubEnv("WENGERT_TUNING", folder);
    file = tuningFile(card);
    native.setOptions({ tuning: null, logProducts: true });
  });
  afterEach(() => {
    native.setOptions({ tuning: null, logProducts: false });
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });

  const write = (content: object): void =>
    writeFileSync(file, JSON.stringify({ card, date: "2026-11-27", commit: "0123abc", rows: [row], ...content }));

  /** The device as a program opens it: it reads the file when it is first used. */
  const open = (): NativeDevice => new NativeDevice(native.name);

  function launch(): LaunchedProduct {
    native.takeProducts();
    tidy(() => matmul(ones([64, 512]), ones([512, 64])));
    return native.takeProducts()[0];
  }

  test("is named after the card", () => {
    expect(dirname(file)).toBe(folder);
    expect(relative(folder, tuningFile("NVIDIA H100 80GB HBM3"))).toBe("nvidia-h100-80gb-hbm3.json");
  });

  test("is in the package, wherever it is used from", () => {
    vi.stubEnv("WENGERT_TUNING", "");
    expect(relative(root, tuningFile("A card"))).toBe(join("kernels", "tuning", "a-card.json"));
    expect(existsSync(join(dirname(tuningFile("A card")), "README.md"))).toBe(true);
    // The built file is as deep in the package as the source.
    const built = new URL("../../../kernels/tuning", new URL("../../dist/backends/cuda/tuning.js", import.meta.url));
    expect(fileURLToPath(built)).toBe(join(root, "kernels", "tuning"));
  });

  test("is used from when the device is opened", () => {
    expect(launch()).toMatchObject({ tuned: false });
    write({});
    expect(open().reason()).toBe("");
    expect(launch()).toMatchObject({ tier: "simtElements", tile: 32, splits: 1, tuned: true });
  });

  test("may hold what was measured beside the rows", () => {
    write({ measured: [{ anything: 1 }] });
    expect(open().reason()).toBe("");
    expect(launch()).toMatchObject({ tuned: true });
  });

  test("may be absent: the built-in choices apply", () => {
    expect(open().reason()).toBe("");
    expect(launch()).toMatchObject({ tuned: false });
  });

  const damaged: readonly [string, () => void, RegExp][] = [
    ["cut off", () => writeFileSync(file, '{ "card": "'), /JSON/],
    ["empty", () => writeFileSync(file, ""), /JSON/],
    ["not an object", () => writeFileSync(file, "null"), /must hold an object$/],
    ["of another card", () => write({ card: "another" }), /was measured on another, and the device is /],
    ["without a commit", () => write({ commit: undefined }), /commit must be a string, got undefined$/],
    ["without rows", () => write({ rows: {} }), /rows must be an array, got \[object Object\]$/],
    ["with a bad row", () => write({ rows: [row, { ...row, m: 8, tile: 48 }] }), /tuning row 1: tier and tile must be/],
    ["with an unknown field", () => write({ rows: [{ ...row, microseconds: 3 }] }), /there is no field microseconds$/],
  ];

  test.each(damaged)(
    "%s: the device is not available, and the reason names the file and the fault",
    (_, make, fault) => {
      make();
      const opened = open();
      expect(opened.reason().startsWith(`${file}: `)).toBe(true);
      expect(opened.reason()).toMatch(fault);
      expect(() => opened.info()).toThrow(DeviceError);
      expect(() => opened.info()).toThrow(`${native.name}: not available: ${file}: `);
    },
  );
});
