/**
 * The entry point `wengert/chart`: line charts as SVG.
 *
 * @module
 */
import "../backends/index.js";

export { type ChartOptions, lineChart, type Series } from "./line-chart.js";
