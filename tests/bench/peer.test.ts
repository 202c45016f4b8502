import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { Peer, type PeerAnswer } from "../../bench/gpu/peer.js";
import { reduce, rows } from "../../bench/gpu/rows.js";
import { judge } from "../../bench/gpu/run.js";
import { python, withoutTorch } from "./torch.js";

const folder = mkdtempSync(join(tmpdir(), "wengert-peer-"));
const peer = new Peer(python);
afterAll(() => {
  peer.end();
  rmSync(folder, { recursive: true, force: true });
});

const named = rows.find(({ name }) => name === "add f32") ?? rows[0];
const row = { ...reduce(named), elements: 64 };

/** What PyTorch makes of a + b = y. */
async function compare(y: Float32Array): Promise<PeerAnswer> {
  const a = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i));
  const files = [a, a, y].map((array, i) => {
    const file = join(folder, String(i));
    writeFileSync(file, array);
    return { file, dtype: "float32" as const, shape: [64] };
  });
  const sample = { inputs: files.slice(0, 2), outputs: files.slice(2), names: [] };
  const answer = await peer.row({ row, effort: { round: 1, total: 1 }, variants: ["eager"], sample }, 60_000);
  if (typeof answer === "string") throw new Error(answer);
  return answer;
}

const right = (): Float32Array => Float32Array.from({ length: 64 }, (_, i) => 2 * Math.fround(Math.sin(i)));

describe.skipIf(withoutTorch)("PyTorch beside the benchmark", () => {
  test("says which it is, and times a row", async () => {
    expect(await peer.hello(120_000)).toMatchObject({ torch: expect.stringMatching(/^\d/) });
    const { timings, mode } = await compare(right());
    expect(mode).toBe("ieee");
    expect(timings.eager).toMatchObject({ median: expect.any(Number) });
  });

  test("finds right results right", async () => {
    const { difference } = await compare(right());
    expect(difference).toMatchObject({ error: expect.closeTo(0, 6), allowed: 2e-5 });
    expect(judge(row, difference)).toBe("measured");
    expect(judge({ ...row, planted: true }, difference)).toBe("planted error not found");
  });

  test.each([
    ["an element that is off by a thousandth", 0.001],
    ["NaN", Number.NaN],
  ])("finds %s", async (_, off) => {
    const y = right();
    y[63] += off;
    const { difference } = await compare(y);
    expect(judge(row, difference)).toBe("wrong");
    expect(judge({ ...row, planted: true }, difference)).toBe("wrong as planted");
  });

  test("a result of another shape is an error of the comparison, not a figure", async () => {
    const answer = await compare(new Float32Array(0));
    expect(answer.difference).toMatchObject({ error: expect.stringContaining("cannot reshape") });
    expect(judge(row, answer.difference)).toBe("unchecked");
  });
});

test("a Python that is missing, ends, answers nonsense or hangs is named", async () => {
  expect(await new Peer("no-such-python").hello(10_000)).toBe("no-such-python ended");
  expect(await new Peer("true").hello(10_000)).toBe("true ended");
  expect(await new Peer("head").hello(10_000)).toContain("head answered with what is not JSON");
  const hanging = new Peer(join(import.meta.dirname, "hang.sh"));
  expect(await hanging.hello(200)).toBe("PyTorch took more than 0.2 s");
});
