/**
 * Writes docs/ops.md: the ops by device and dtype. Measures on the cpu and on the emulator, whose addon must have been
 * built.
 *
 *     npm run docs:ops
 */
import { existsSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { devices, setDevice } from "../../src/index.js";
import { isOld } from "../../tests/support/native.js";
import { measure } from "./measure.js";
import { readLayout } from "./source.js";
import { pageFile, render } from "./table.js";

const addon = fileURLToPath(new URL("../../build/Release/wengert_emulator.node", import.meta.url));

const emulator = devices().find(({ name }) => name === "emulator");
if (!emulator?.available)
  throw new Error(
    `docs:ops: the emulator is required to measure the cuda columns, but it is not available: ${emulator?.reason}`,
  );
if (existsSync(addon) && isOld(addon))
  console.error("docs:ops: the emulator addon is older than its sources; run npm run build:native");

const layout = await readLayout();
const names = layout.updates.map(({ name }) => name);
setDevice("cpu");
const cpu = measure(names);
setDevice("emulator");
const cuda = measure(names);
writeFileSync(pageFile, render(layout, { cpu, cuda }));
console.log(`docs/ops.md: ${cpu.ops.size} ops, ${cpu.updates.size} updates`);
