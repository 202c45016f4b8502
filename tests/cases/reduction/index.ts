export { reduce } from "./reduce.js";
export { scan } from "./scan.js";
export { statistics } from "./statistics.js";
