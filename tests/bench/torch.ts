/** Finds a Python with PyTorch for tests that need one, and says whether they are skipped. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { skipWithout } from "../support/required.js";

const own = fileURLToPath(new URL("../../build/python/bin/python", import.meta.url));

/** The Python to find PyTorch with: $PYTHON, or the one that scripts/python.sh makes. */
export const python = process.env.PYTHON || (existsSync(own) ? own : "python3");

const found = spawnSync(python, ["-c", "import torch, numpy"]).status === 0;

/** Whether tests that need PyTorch are skipped: it is missing, and that is not a failure (WENGERT_REQUIRE_TOOLS). */
export const withoutTorch = skipWithout("TOOLS", found);

/** The reason, to end the name of a test that is skipped without PyTorch. */
export const whyTorch = withoutTorch
  ? ` (skipped: ${python} lacks PyTorch or NumPy; run bash scripts/python.sh torch numpy)`
  : "";
