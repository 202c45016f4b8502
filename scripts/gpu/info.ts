/**
 * Says which GPU this is and what it cannot run yet: node scripts/gpu/info.js [FILE]
 */
import { writeFileSync } from "node:fs";
import { devices } from "../../src/index.js";
import { native } from "../../tests/support/device.js";

const [file] = process.argv.slice(2);
for (const { name, available, reason } of devices())
  console.log(available ? `${name}: available` : `${name}: not available: ${reason}`);
const info = native.info();
const commit = process.env.WENGERT_COMMIT ?? null;
const text = JSON.stringify({ date: new Date().toISOString(), commit, node: process.version, ...info }, null, 2);
if (file) writeFileSync(file, `${text}\n`);
console.log(`without a kernel: ${native.missing().join(" ") || "nothing"}`);
console.log(JSON.stringify(info));
