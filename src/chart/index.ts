import "../backends/index.js";

export { type ChartOptions, lineChart, type Series } from "./line-chart.js";
