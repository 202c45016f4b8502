export { conv } from "./conv.js";
export { pool } from "./pool.js";
