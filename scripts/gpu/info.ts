/**
 * Says which GPU this is and what it cannot run yet: node --import tsx scripts/gpu/info.ts [FILE]
 */
import { writeFileSync } from "node:fs";
import { cuda, devices } from "../../src/index.js";

const [file] = process.argv.slice(2);
for (const { name, available, reason } of devices())
  console.log(available ? `${name}: available` : `${name}: not available: ${reason}`);
const info = cuda.info();
const text = JSON.stringify({ date: new Date().toISOString(), node: process.version, ...info }, null, 2);
if (file) writeFileSync(file, `${text}\n`);
console.log(`without a kernel: ${cuda.missing().join(" ") || "nothing"}`);
console.log(JSON.stringify(info));
