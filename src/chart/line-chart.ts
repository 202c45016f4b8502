/** Draws curves as the text of an SVG file. Used by the history of training runs, by studies, and by users. */
import { scaleLinear, scaleLog } from "d3-scale";
import { line } from "d3-shape";
import { ArgumentError } from "../core/errors.js";

/** One curve of a chart. */
export interface Series {
  /** The name in the legend. */
  readonly name: string;
  /** The heights. A value that is not finite, or not above 0 on a logarithmic axis, leaves a gap. */
  readonly y: readonly number[];
  /** The positions of the points along the axis, as many as `y`. Default: 1, 2, 3 ... */
  readonly x?: readonly number[];
  /** Draw a line through the points, or each point on its own. Default "line". */
  readonly marks?: "line" | "points";
}

/** Options of `lineChart`. */
export interface ChartOptions {
  /** The text above the chart. Default: none. */
  readonly title?: string;
  /** The text below the horizontal axis. Default: none. */
  readonly xLabel?: string;
  /** The text beside the vertical axis. Default: none. */
  readonly yLabel?: string;
  /** The scale of the horizontal axis. Default "linear". */
  readonly xScale?: "linear" | "log";
  /** The scale of the vertical axis. Default "linear". */
  readonly yScale?: "linear" | "log";
  /** The width in pixels, 200 or more. Default 640. */
  readonly width?: number;
  /** The height in pixels, 150 or more. Default 400. */
  readonly height?: number;
}

/** Colours that people with any colour vision can tell apart (Okabe and Ito 2008). */
const palette = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000"];

const margin = { top: 16, right: 20, bottom: 44, left: 64 };
const row = 20; // the height of a line of the legend
const letter = 7; // about the width of one in 12 px

/**
 * A chart of curves, such as losses over epochs, as the text of an SVG file.
 *
 * ```ts
 * await writeFile("loss.svg", lineChart([{ name: "loss", y: losses }], { xLabel: "epoch", yScale: "log" }));
 * ```
 *
 * @throws ArgumentError if a series has not as many x as y, or the chart is too small
 */
export function lineChart(series: readonly Series[], options: ChartOptions = {}): string {
  const { title = "", xLabel = "", yLabel = "", width = 640, height = 400 } = options;
  if (!(Number.isFinite(width) && width >= 200 && Number.isFinite(height) && height >= 150))
    throw new ArgumentError(`lineChart: a chart must be at least 200 wide and 150 high, got ${width} x ${height}`);
  const curves = series.map((one, i) => ({
    name: one.name,
    marks: one.marks ?? "line",
    color: palette[i % palette.length],
    points: pointsOf(one),
  }));
  const xLog = options.xScale === "log";
  const yLog = options.yScale === "log";
  const shown = curves.flatMap(({ points }) => points.filter(([x, y]) => fits(x, xLog) && fits(y, yLog)));

  const legend = legendRows(
    curves.map(({ name }) => name),
    width - margin.left - margin.right,
  );
  const top = margin.top + (title === "" ? 0 : 24) + row * legend.height;
  const left = margin.left + (yLabel === "" ? 0 : 16);
  const right = width - margin.right;
  const bottom = Math.max(height - margin.bottom, top + 40);
  const x = axis(shown, 0, xLog, [left, right], width / 90);
  const y = axis(shown, 1, yLog, [bottom, top], height / 50);

  const parts = [
    `<rect width="${width}" height="${Math.max(height, bottom + margin.bottom)}" fill="#fff"/>`,
    title === "" ? "" : text(title, width / 2, margin.top + 10, 'text-anchor="middle" font-size="15"'),
    ...legend.places.map(([atX, atRow], i) => {
      const [lx, ly] = [left + atX, top - row * (legend.height - atRow) + 4];
      return `<rect x="${lx}" y="${ly - 6}" width="14" height="4" fill="${curves[i].color}"/>${text(curves[i].name, lx + 20, ly)}`;
    }),
    ...y.ticks.map(([at, label]) => {
      const rule = `<path d="M${left},${at}H${right}" stroke="#ddd"/>`;
      return rule + text(label, left - 8, at + 4, 'text-anchor="end"');
    }),
    ...x.ticks.map(([at, label]) => {
      const rule = `<path d="M${at},${bottom}v5" stroke="#888"/>`;
      return rule + text(label, at, bottom + 18, 'text-anchor="middle"');
    }),
    `<path d="M${left},${top}V${bottom}H${right}" fill="none" stroke="#888"/>`,
    xLabel === "" ? "" : text(xLabel, (left + right) / 2, bottom + 36, 'text-anchor="middle"'),
    yLabel === ""
      ? ""
      : text(yLabel, 0, 0, `text-anchor="middle" transform="translate(16,${(top + bottom) / 2}) rotate(-90)"`),
    ...curves.map(({ color, marks, points }) => {
      const visible = ([px, py]: DataPoint): boolean => fits(px, xLog) && fits(py, yLog);
      if (marks === "points") {
        const circles = points.filter(visible).map(([px, py]) => `<circle cx="${x.at(px)}" cy="${y.at(py)}" r="3"/>`);
        return `<g fill="${color}" fill-opacity="0.6">${circles.join("")}</g>`;
      }
      const path = line<DataPoint>()
        .defined(visible)
        .x(([px]) => x.at(px))
        .y(([, py]) => y.at(py));
      const shape = path([...points]) ?? "";
      return `<path d="${shape}" fill="none" stroke="${color}" stroke-width="2" stroke-linecap="round" stroke-linejoin="round"/>`;
    }),
  ];
  const size = `width="${width}" height="${Math.max(height, bottom + margin.bottom)}"`;
  const box = `viewBox="0 0 ${width} ${Math.max(height, bottom + margin.bottom)}"`;
  const font = 'font-family="system-ui, sans-serif" font-size="12" fill="#333"';
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} ${box} ${font}>\n${parts.filter((part) => part !== "").join("\n")}\n</svg>\n`;
}

type DataPoint = readonly [x: number, y: number];

function pointsOf({ name, x, y }: Series): readonly DataPoint[] {
  if (x && x.length !== y.length)
    throw new ArgumentError(
      `lineChart: series ${JSON.stringify(name)} has ${x.length} x values but ${y.length} y values`,
    );
  return y.map((value, i) => [x ? x[i] : i + 1, value]);
}

const fits = (value: number, log: boolean): boolean => Number.isFinite(value) && (!log || value > 0);

interface Axis {
  /** A value -> its pixel, to a hundredth. */
  at(value: number): number;
  readonly ticks: readonly (readonly [pixel: number, label: string])[];
}

/** One axis over the points, with about `count` ticks; whole numbers have no ticks between them. */
function axis(points: readonly DataPoint[], which: 0 | 1, log: boolean, range: [number, number], count: number): Axis {
  let [low, high] = log ? [1, 10] : [0, 1];
  if (points.length > 0) {
    low = points.reduce((least, point) => Math.min(least, point[which]), Number.POSITIVE_INFINITY);
    high = points.reduce((most, point) => Math.max(most, point[which]), Number.NEGATIVE_INFINITY);
  }
  if (low === high) [low, high] = log ? [low / 2, high * 2] : [low - halfHeight(low), high + halfHeight(high)];
  const scale = (log ? scaleLog() : scaleLinear()).domain([low, high]).range(range);
  if (which === 1) scale.nice();
  const whole = !log && points.every((point) => Number.isInteger(point[which]));
  const number = whole ? Math.min(count, high - low) : count;
  const label = scale.tickFormat(number); // "" if labels would be too close
  const at = (value: number): number => Math.round(scale(value) * 100) / 100;
  const ticks = scale.ticks(number).filter((tick) => label(tick) !== "" && (!whole || Number.isInteger(tick)));
  return { at, ticks: ticks.map((tick) => [at(tick), log ? plainNumber(tick) : label(tick)]) };
}

/** 0.02, 1000, 1e-7: d3's own labels of a logarithmic axis are 20m, 1k and 100n. */
const plainNumber = (value: number): string => {
  const number = Number(value.toPrecision(6));
  return number >= 1e-3 && number < 1e6 ? String(number) : number.toExponential();
};

/** Half the height of an axis around a single value. */
const halfHeight = (value: number): number => (value === 0 ? 1 : Math.abs(value) / 2);

/** The place of each name in the legend: its distance from the left, and its row. */
function legendRows(
  names: readonly string[],
  width: number,
): { readonly height: number; readonly places: readonly (readonly [x: number, row: number])[] } {
  let [x, at] = [0, 0];
  const places = names.map((name): readonly [number, number] => {
    const length = 34 + name.length * letter;
    if (x > 0 && x + length > width) [x, at] = [0, at + 1];
    const place = [x, at] as const;
    x += length;
    return place;
  });
  return { height: names.length === 0 ? 0 : at + 1, places };
}

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

const text = (content: string, x: number, y: number, attributes = ""): string =>
  `<text x="${x}" y="${y}"${attributes === "" ? "" : ` ${attributes}`}>${escapeXml(content)}</text>`;

/** As XML text; the control characters, which XML cannot hold, become spaces. */
const escapeXml = (content: string): string =>
  content.replace(/\p{Cc}/gu, " ").replace(/[&<>"]/g, (character) => entities[character]);
