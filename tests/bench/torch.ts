/** Finds a Python with PyTorch for tests that need one, and says whether they are skipped. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const own = fileURLToPath(new URL("../../build/python/bin/python", import.meta.url));

/** The Python to find PyTorch with: $PYTHON, or the one that scripts/python.sh makes. */
export const python = process.env.PYTHON || (existsSync(own) ? own : "python3");

const found = spawnSync(python, ["-c", "import torch"]).status === 0;

/** Whether tests that need PyTorch are skipped. Where CI runs it has to be there, so they fail without it. */
export const withoutTorch = !found && process.env.CI !== "true";

if (withoutTorch)
  process.stderr.write(`${python} has no PyTorch: some tests are skipped (bash scripts/python.sh torch)\n`);
