/** What the check of the kernels keeps (scripts/kernels/verdict-cache.ts): only what passed, under a key without gaps. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { judge } from "../../scripts/kernels/judge.js";
import { shorten } from "../../scripts/kernels/names.js";
import type { Row } from "../../scripts/kernels/row.js";
import { type Found, keyOf, recall, remember, scriptsHash } from "../../scripts/kernels/verdict-cache.js";

const work = mkdtempSync(join(tmpdir(), "wengert-verdicts-"));
const before = process.env.WENGERT_CACHE;
beforeAll(() => {
  process.env.WENGERT_CACHE = join(work, "cache");
});
afterAll(() => {
  if (before === undefined) delete process.env.WENGERT_CACHE;
  else process.env.WENGERT_CACHE = before;
  rmSync(work, { recursive: true, force: true });
});

describe("the key of a kernel file", () => {
  const kernels = join(work, "kernels");
  const write = (name: string, text: string): void => {
    mkdirSync(join(kernels, name, ".."), { recursive: true });
    writeFileSync(join(kernels, name), text);
  };
  const source = join(kernels, "family", "kernel.cu");
  beforeAll(() => {
    write("family/kernel.cu", '#include "family/near.cuh"\n#include <cstdint>\n');
    write("family/near.cuh", '#include "runtime/far.h"\n');
    write("runtime/far.h", "// 1\n");
  });

  test("is the same for the same files and options", () => {
    expect(keyOf(source, kernels, ["-O3"])).toBe(keyOf(source, kernels, ["-O3"]));
  });

  test("changes with a header two levels down, an option or version, and a variable that nvcc reads", () => {
    const keys = [keyOf(source, kernels, ["-O3"]), keyOf(source, kernels, ["-O2"])];
    process.env.NVCC_APPEND_FLAGS = "-G";
    keys.push(keyOf(source, kernels, ["-O3"]));
    delete process.env.NVCC_APPEND_FLAGS;
    write("runtime/far.h", "// 2\n");
    keys.push(keyOf(source, kernels, ["-O3"]));
    write("family/runtime/far.h", "// before the other one\n");
    keys.push(keyOf(source, kernels, ["-O3"]));
    expect(keys).not.toContain(undefined);
    expect(new Set(keys).size).toBe(5);
  });

  test("changes with a script of the check, and with one in a folder below", () => {
    write("scripts/check.ts", "// 1\n");
    write("scripts/below/rows.ts", "// 1\n");
    const hash = (): string => scriptsHash(join(kernels, "scripts"));
    const hashes = [hash()];
    expect(hash()).toBe(hashes[0]);
    write("scripts/check.ts", "// 2\n");
    hashes.push(hash());
    write("scripts/below/rows.ts", "// 2\n");
    hashes.push(hash());
    expect(new Set(hashes).size).toBe(3);
  });

  test("does not exist for a file that includes a file that a macro names", () => {
    write("family/macro.cu", "#include NAME\n");
    expect(keyOf(join(kernels, "family", "macro.cu"), kernels, [])).toBeUndefined();
  });
});

describe("what was found in a kernel file", () => {
  const report = { name: "k", target: "sm_80", registers: 20, spillBytes: 0, stackBytes: 0, sharedBytes: 0 };
  const listing = { name: "k", blocks: [{ instructions: [], next: [] }] };
  const row: Row = { kernel: /^fill/, title: "fill", load: 0, store: 0, registers: 24, blocks: 8 };
  const rows = [{ ...row, kernel: /^other/ }, row];
  const found = (limit: number): Found => {
    const verdict = judge({ name: shorten("fill<float>"), report, listing }, [{ ...row, registers: limit }]);
    const verdicts = [{ ...verdict, row }];
    return { report: { kernels: [report], complaints: [] }, verdicts, faults: verdict.faults };
  };

  test("is recalled with its row, and without its listing", () => {
    remember("a".repeat(64), found(24), rows);
    const recalled = recall("a".repeat(64), rows);
    expect(recalled?.faults).toEqual([]);
    expect(recalled?.report).toEqual(found(24).report);
    expect(recalled?.verdicts[0].row).toBe(row);
    expect(recalled?.verdicts[0]).toMatchObject({ measured: found(24).verdicts[0].measured, blocks: 8, needs: [] });
    expect(recalled?.verdicts[0].kernel).toEqual({
      name: shorten("fill<float>"),
      report,
      listing: { name: "k", blocks: [] },
    });
  });

  test("is not kept if there was a fault, nothing was compiled, or there is no key", () => {
    expect(found(8).faults).toHaveLength(1);
    remember("b".repeat(64), found(8), rows);
    expect(recall("b".repeat(64), rows)).toBeUndefined();
    remember("c".repeat(64), { ...found(24), report: { kernels: [], complaints: [] } }, rows);
    expect(recall("c".repeat(64), rows)).toBeUndefined();
    remember(undefined, found(24), rows);
    expect(recall(undefined, rows)).toBeUndefined();
  });
});
