import { describe, expect, test } from "vitest";
import { lineChart, type Series } from "../../src/chart/index.js";
import { ArgumentError } from "../../src/index.js";

/** The points of the paths drawn for the series, in pixels; a list a piece. */
const piecesOf = (svg: string): number[][][][] =>
  [...svg.matchAll(/<path d="([^"]*)"[^>]*stroke-width="2"/g)].map(([, d]) =>
    d
      .split("M")
      .filter((piece) => piece !== "")
      .map((piece) =>
        piece
          .replace(/Z$/, "")
          .split("L")
          .map((point) => point.split(",").map(Number)),
      ),
  );

const texts = (svg: string): string[] => [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, content]) => content);

/** Whether every tag is closed, in order. */
function isWellFormed(svg: string): boolean {
  const open: string[] = [];
  for (const [, close, name, attributes] of svg.matchAll(/<(\/?)(\w+)((?:\s+[\w:-]+="[^"<]*")*)\s*\/?>/g)) {
    if (close) {
      if (open.pop() !== name) return false;
    } else if (!svg.includes(`<${name}${attributes}/>`)) open.push(name);
  }
  return open.length === 0 && !/&(?!(amp|lt|gt|quot);)/.test(svg);
}

describe("lineChart", () => {
  test("puts points where they belong: later ones further right, higher ones further up, in proportion", () => {
    const [[[a, b, c]]] = piecesOf(lineChart([{ name: "loss", x: [0, 1, 4], y: [0, 10, 5] }]));
    expect((b[0] - a[0]) / (c[0] - a[0])).toBeCloseTo(1 / 4, 3);
    expect((a[1] - c[1]) / (a[1] - b[1])).toBeCloseTo(1 / 2, 3);
    expect(b[1]).toBeLessThan(a[1]);
  });

  test("counts from 1 where no x is given", () => {
    const chart = (series: Series): string => lineChart([series]);
    expect(chart({ name: "a", y: [3, 1, 2] })).toBe(chart({ name: "a", x: [1, 2, 3], y: [3, 1, 2] }));
  });

  test("a logarithmic axis has equal factors at equal distances, and nothing at 0 and below", () => {
    const y = [1, 10, 100, 0, -1, 1000];
    const [[first, second]] = piecesOf(lineChart([{ name: "a", y }], { yScale: "log" }));
    const steps = [first[0][1] - first[1][1], first[1][1] - first[2][1], first[2][1] - second[0][1]];
    expect(first).toHaveLength(3);
    expect(second).toHaveLength(1);
    expect(steps[1]).toBeCloseTo(steps[0], 1);
    expect(steps[2]).toBeCloseTo(steps[0], 1);
  });

  test("its ticks are plain numbers", () => {
    const found = texts(lineChart([{ name: "a", y: [1e-7, 0.01, 1000] }], { yScale: "log" }));
    for (const text of ["1e-7", "0.01", "1000"]) expect(found).toContain(text);
    expect(found).not.toContain("10m");
  });

  test("what is not finite is a gap", () => {
    const [pieces] = piecesOf(lineChart([{ name: "a", y: [1, 2, Number.NaN, 3, Number.POSITIVE_INFINITY] }]));
    expect(pieces.map((piece) => piece.length)).toEqual([2, 1]);
  });

  test("points have no line", () => {
    const svg = lineChart([{ name: "a", y: [1, Number.NaN, 3], marks: "points" }]);
    expect(svg.match(/<circle/g)).toHaveLength(2);
    expect(piecesOf(svg)).toEqual([]);
  });

  test("has title, labels, legend and ticks; whole numbers have no ticks between them", () => {
    const labels = { title: "Run 3", xLabel: "epoch", yLabel: "loss" };
    const found = texts(
      lineChart(
        [
          { name: "train", y: [0.5, 0.25, 0.1] },
          { name: "validation", y: [0.6, 0.4, 0.4] },
        ],
        labels,
      ),
    );
    for (const text of ["Run 3", "epoch", "loss", "train", "validation", "1", "2", "3"]) expect(found).toContain(text);
    expect(found).not.toContain("1.5");
  });

  test.each<[string, Series[]]>([
    ["no series", []],
    ["an empty series", [{ name: "a", y: [] }]],
    ["nothing finite", [{ name: "a", y: [Number.NaN, Number.NEGATIVE_INFINITY] }]],
    ["one point", [{ name: "a", y: [5] }]],
    ["one value", [{ name: "a", y: [0, 0, 0] }]],
    ["many series", Array.from({ length: 30 }, (_, i) => ({ name: `series number ${i}`, y: [i, i + 1] }))],
    ["many points", [{ name: "a", y: Array.from({ length: 200_000 }, (_, i) => Math.sin(i / 1000)) }]],
    ["names that are markup", [{ name: '</text><script>"&\u0000', y: [1, 2] }]],
  ])("draws %s, well formed and without NaN", (_, series) => {
    for (const yScale of ["linear", "log"] as const) {
      const svg = lineChart(series, { title: '<b> & "c"', yScale });
      expect(isWellFormed(svg)).toBe(true);
      expect(svg).not.toMatch(/NaN|Infinity|undefined|<script|\p{Cc}(?<!\n)/u);
    }
  });

  test("the check of form finds what is broken", () => {
    expect(isWellFormed("<svg><g></svg>")).toBe(false);
    expect(isWellFormed("<svg>&nbsp</svg>")).toBe(false);
    expect(isWellFormed('<svg a="1"><g/></svg>')).toBe(true);
  });

  test("refuses different lengths and invalid sizes", () => {
    expect(() => lineChart([{ name: "a", x: [1], y: [1, 2] }])).toThrow(
      'lineChart: series "a" has 1 x values but 2 y values',
    );
    expect(() => lineChart([], { width: 10 })).toThrow(ArgumentError);
    expect(() => lineChart([], { height: Number.NaN })).toThrow("at least 200 wide and 150 high, got 640 x NaN");
  });
});
