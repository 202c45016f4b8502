export { linalg } from "./linalg.js";
