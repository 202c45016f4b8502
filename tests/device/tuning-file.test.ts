import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { NativeDevice } from "../../src/backends/native/index.js";
import { readTuningFile, tuningFile, tuningFileName } from "../../src/backends/native/tuning.js";
import { DeviceError, device, type LaunchedProduct, matmul, ones, type TuningRow, tidy } from "../../src/index.js";
import { native } from "../support/device.js";
import { restoreTuning } from "../support/tuning.js";

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
    vi.unstubAllEnvs();
    restoreTuning();
    native.setOptions({ logProducts: false });
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
    const built = new URL("../../../kernels/tuning", new URL("../../dist/backends/native/tuning.js", import.meta.url));
    expect(fileURLToPath(built)).toBe(join(root, "kernels", "tuning"));
  });

  test("is read when the device is opened", () => {
    expect(launch()).toMatchObject({ tuned: false });
    write({});
    expect(open().reason()).toBe("");
    expect(launch()).toMatchObject({ tier: "simtElements", tile: 32, splits: 1, tuned: true });
  });

  test("may hold measurements in addition to the rows", () => {
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
    ["not an object", () => writeFileSync(file, "null"), /the file must contain a JSON object; fix or delete the file/],
    ["of another card", () => write({ card: "another" }), /card is another, but the device is /],
    ["without a commit", () => write({ commit: undefined }), /commit must be a string, got undefined;/],
    ["without rows", () => write({ rows: {} }), /rows must be an array, got \[object Object\];/],
    ["with a bad row", () => write({ rows: [row, { ...row, m: 8, tile: 48 }] }), /tuning row 1: tier and tile must be/],
    ["with an unknown field", () => write({ rows: [{ ...row, microseconds: 3 }] }), /unknown field microseconds;/],
  ];

  test.each(damaged)(
    "%s: the device is available, and its first use names the file and the fault",
    (_, make, fault) => {
      make();
      const opened = open();
      expect(opened.reason()).toBe("");
      for (const use of [() => opened.info(), () => opened.addon]) {
        expect(use).toThrow(DeviceError);
        expect(use).toThrow(`${native.name}: tuning: ${file}: `);
        expect(use).toThrow(fault);
      }
    },
  );

  test("a folder that does not exist, or is a file, is an error that names it", () => {
    write({});
    for (const wrong of [join(folder, "nowhere"), file]) {
      vi.stubEnv("WENGERT_TUNING", wrong);
      const opened = open();
      expect(opened.reason()).toBe("");
      expect(() => opened.info()).toThrow(DeviceError);
      expect(() => opened.info()).toThrow(`${native.name}: tuning: WENGERT_TUNING=${wrong} is not a folder`);
    }
  });

  /** What is wrong with the files of a folder, by the addon's own check of the rows; a line each. */
  function faultsIn(tunings: string): string[] {
    const faults: string[] = [];
    for (const name of readdirSync(tunings)
      .sort()
      .filter((name) => name.endsWith(".json")))
      try {
        const { card, rows } = readTuningFile(join(tunings, name));
        if (tuningFileName(card) !== name) faults.push(`${name}: the file of ${card} is ${tuningFileName(card)}`);
        native.setOptions({ tuning: rows });
      } catch (error) {
        faults.push(`${name}: ${(error as Error).message}`);
      }
    return faults;
  }

  test("of every card in the package has the card's name, and rows that the addon takes", () => {
    expect(faultsIn(join(root, "kernels", "tuning"))).toEqual([]);
  });

  test("the check finds a file with another name or with kernels that do not exist", () => {
    write({});
    expect(faultsIn(folder)).toEqual([]);
    const put = (name: string, content: object): void =>
      writeFileSync(
        join(folder, name),
        JSON.stringify({ card: "A card", date: "2026-11-27", commit: "0123abc", rows: [row], ...content }),
      );
    put("a-card.json", { rows: [{ ...row, tile: 48 }] });
    put("b-card.json", {});
    expect(faultsIn(folder)).toEqual([
      expect.stringMatching(/^a-card\.json: setOptions: tuning row 0: tier and tile must be/),
      "b-card.json: the file of A card is a-card.json",
    ]);
  });
});
