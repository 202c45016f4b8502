import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { smallEffort } from "../../bench/gpu/measure.js";
import { Peer, type PeerAnswer } from "../../bench/gpu/peer.js";
import { reduce, rows } from "../../bench/gpu/rows.js";
import { judge } from "../../bench/gpu/run.js";
import { python, whyTorch, withoutTorch } from "./torch.js";

const folder = mkdtempSync(join(tmpdir(), "wengert-peer-"));
const peer = new Peer(python);
afterAll(() => {
  peer.end();
  rmSync(folder, { recursive: true, force: true });
});

const named = rows.find(({ name }) => name === "add f32") ?? rows[0];
const row = { ...reduce(named), elements: 64 };

/** Compares y with a + b in PyTorch. */
async function compare(y: Float32Array, shape: readonly number[] = [64]): Promise<PeerAnswer> {
  const a = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i));
  const files = [a, a, y].map((array, i) => {
    const file = join(folder, String(i));
    writeFileSync(file, array);
    return { file, dtype: "float32" as const, shape: i === 2 ? shape : [64] };
  });
  const sample = { inputs: files.slice(0, 2), outputs: files.slice(2), names: [] };
  const answer = await peer.row({ row, effort: smallEffort, variants: ["eager"], sets: 2, sample }, 60_000);
  if (typeof answer === "string") throw new Error(answer);
  return answer;
}

const right = (): Float32Array => Float32Array.from({ length: 64 }, (_, i) => 2 * Math.fround(Math.sin(i)));

describe.skipIf(withoutTorch)(`PyTorch beside the benchmark${whyTorch}`, () => {
  test("says which it is, and times a row", async () => {
    expect(await peer.hello(120_000)).toMatchObject({ torch: expect.stringMatching(/^\d/) });
    const { timings, mode } = await compare(right());
    expect(mode).toBe("ieee");
    expect(timings.eager).toMatchObject({ median: expect.any(Number) });
  });

  test("finds right results right", async () => {
    const { difference } = await compare(right());
    expect(difference).toMatchObject({ relativeError: expect.closeTo(0, 6), allowed: 2e-5 });
    expect(judge(row, difference).status).toBe("measured");
    expect(judge({ ...row, planted: true }, difference).status).toBe("planted error not found");
  });

  test.each([
    ["an element that is off by a thousandth", 0.001],
    ["NaN", Number.NaN],
  ])("finds %s", async (_, off) => {
    const y = right();
    y[63] += off;
    const { difference } = await compare(y);
    expect(judge(row, difference).status).toBe("wrong");
    expect(judge({ ...row, planted: true }, difference).status).toBe("wrong as planted");
  });

  test("finds a result of another shape wrong", async () => {
    const { difference } = await compare(right(), [8, 8]);
    expect(judge(row, difference)).toEqual({
      status: "wrong",
      reason: "Wrong: a result is [8, 8], PyTorch's is [64]",
    });
  });

  test("a comparison that fails is not a figure", async () => {
    const { difference } = await compare(new Float32Array(0));
    expect(judge(row, difference)).toMatchObject({ status: "unchecked", reason: expect.stringContaining("shape") });
  });
});

test("a Python that is missing, ends, answers nonsense or hangs is named", async () => {
  expect(await new Peer("no-such-python").hello(10_000)).toBe("spawn no-such-python ENOENT");
  expect(await new Peer("true").hello(10_000)).toBe("true ended with status 0");
  expect(await new Peer("head").hello(10_000)).toContain("head returned text that is not JSON");
  const hanging = new Peer(join(import.meta.dirname, "hang.sh"));
  expect(await hanging.hello(200)).toBe("took more than 0.2 s");
});

test("a Python that must be replaced is not asked again", async () => {
  const ending = new Peer(join(import.meta.dirname, "ending.sh"));
  const request = { row, effort: smallEffort, variants: [], sets: 1, sample: null };
  const [first, second] = [await ending.row(request, 10_000), await ending.row(request, 10_000)];
  expect(first).toMatchObject({ timings: {}, difference: null });
  expect(second).toMatchObject({ timings: {}, difference: null });
  expect((first as PeerAnswer).mode).not.toBe((second as PeerAnswer).mode); // the number of its process
  ending.end();
});
