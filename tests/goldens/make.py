"""Golden values of the case list, computed by PyTorch in float64.

Reads the dump of the case list on standard input (scripts/goldens.ts writes it) and writes one JSON file for each file of cases.
A sample's cotangent is the formula of tests/cases/case.ts, so that files hold results only.
"""

import json
import math
import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F

DTYPES = {"float": torch.float64, "int32": torch.int32, "uint8": torch.uint8, "bool": torch.bool}


def number(text):
    """JSON has no NaN and no infinities, and drops the sign of -0; they travel as strings."""
    return float(text) if isinstance(text, str) else text


def plain(value):
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def numbers(t):
    return [plain(v) for v in t.detach().contiguous().reshape(-1).tolist()]


def cotangent(shape):
    i = torch.arange(math.prod(shape), dtype=torch.float64)
    return (((7 * i + 3) % 11 - 5) / 8 + 1 / 16).reshape(shape)


def golden(sample):
    inputs = {}
    for name, spec in sample["inputs"].items():
        values = [number(v) for v in spec["values"]]
        t = torch.tensor(values, dtype=DTYPES[spec["dtype"]]).reshape(spec["shape"])
        inputs[name] = t.requires_grad_(spec["dtype"] == "float")
    result = eval(sample["torch"], {"torch": torch, "F": F, "np": np, "math": math}, dict(inputs))
    outputs = list(result) if isinstance(result, (tuple, list)) else [result]
    floats = [y for y in outputs if y.is_floating_point() and y.requires_grad]
    wrt = sample["wrt"] if sample["wrt"] is not None else [n for n, t in inputs.items() if t.requires_grad]
    grads = {}
    if wrt and floats:
        total = sum((y * cotangent(y.shape)).sum() for y in floats)
        found = torch.autograd.grad(total, [inputs[n] for n in wrt], allow_unused=True, materialize_grads=True)
        grads = {n: numbers(g) for n, g in zip(wrt, found)}
    return {
        "hash": sample["hash"],
        "outputs": [{"shape": list(y.shape), "values": numbers(y)} for y in outputs],
        "grads": grads,
    }


def main():
    torch.manual_seed(0)
    torch.use_deterministic_algorithms(True)
    folder = pathlib.Path(__file__).parent
    for name, samples in json.load(sys.stdin).items():
        goldens = {}
        for key, sample in samples.items():
            try:
                goldens[key] = golden(sample)
            except Exception as error:
                raise SystemExit(f"{name}: {key}: {sample['torch']}: {error}") from error
        lines = [f"{json.dumps(key)}: {json.dumps(value, separators=(',', ':'))}" for key, value in goldens.items()]
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / f"{name}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
        print(f"{name}: {len(goldens)} cases, PyTorch {torch.__version__}")


main()
