"""Norms and clipped gradients by PyTorch, in float64: writes clip.json beside this file.

Gradients follow the formula that tests/optim/clip.test.ts repeats.
"""

import json
import pathlib

import torch

SHAPES = [[3, 2], [4], []]
CASES = [
    {"maxNorm": 1.0, "normType": 2.0},
    {"maxNorm": 100.0, "normType": 2.0},
    {"maxNorm": 0.5, "normType": 1.0},
    {"maxNorm": 0.25, "normType": float("inf")},
    {"maxNorm": 2.0, "normType": 3.0},
]


def gradient(k):
    n = 1
    for size in SHAPES[k]:
        n *= size
    values = [((7 * i + 5 * k + 3) % 11 - 5) / 8 + 1 / 16 for i in range(n)]
    return torch.tensor(values, dtype=torch.float64).reshape(SHAPES[k])


def parameters():
    found = []
    for k, shape in enumerate(SHAPES):
        p = torch.zeros(shape, dtype=torch.float64, requires_grad=True)
        p.grad = gradient(k)
        found.append(p)
    return found


if __name__ == "__main__":
    norms = []
    for case in CASES:
        ps = parameters()
        norm = torch.nn.utils.clip_grad_norm_(ps, case["maxNorm"], norm_type=case["normType"])
        norms.append({**case, "normType": str(case["normType"]), "norm": norm.item(), "gradients": [p.grad.flatten().tolist() for p in ps]})
    ps = parameters()
    torch.nn.utils.clip_grad_value_(ps, 0.2)
    golden = {"norm": norms, "value": {"limit": 0.2, "gradients": [p.grad.flatten().tolist() for p in ps]}}
    pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(golden) + "\n")
