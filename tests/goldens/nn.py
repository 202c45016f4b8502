"""Outputs and gradients of PyTorch's layers in float64: writes nn.json beside this file.

Inputs and weights follow formulas that tests/nn/layers.test.ts repeats, so that the file holds results only.
"""

import json
import pathlib

import torch
from torch import nn

MODELS = {
    "Linear": (lambda: nn.Linear(3, 4), [2, 3]),
    "Linear without bias": (lambda: nn.Linear(3, 2, bias=False), [2, 2, 3]),
    "Conv2d": (lambda: nn.Conv2d(2, 3, 3), [2, 2, 5, 4]),
    "Conv2d with options": (
        lambda: nn.Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 2), dilation=(1, 2), groups=2, bias=False),
        [1, 4, 5, 4],
    ),
    "Conv2d same": (lambda: nn.Conv2d(1, 2, (3, 4), padding="same"), [1, 1, 4, 5]),
    "MaxPool2d": (lambda: nn.MaxPool2d(2), [1, 2, 4, 5]),
    "MaxPool2d with options": (lambda: nn.MaxPool2d((3, 2), stride=(2, 1), padding=1, ceil_mode=True), [1, 1, 6, 4]),
    "Flatten": (lambda: nn.Flatten(), [2, 3, 2]),
    "Flatten of two axes": (lambda: nn.Flatten(0, 1), [2, 3, 2]),
    "ReLU": (lambda: nn.ReLU(), [11]),
    "Tanh": (lambda: nn.Tanh(), [11]),
    "Dropout in use": (lambda: nn.Dropout(0.5).eval(), [7]),
    "Sequential": (
        lambda: nn.Sequential(
            nn.Conv2d(1, 3, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Sequential(nn.Linear(12, 4), nn.ReLU()), nn.Linear(4, 2)
        ),
        [2, 1, 6, 6],
    ),
}


def values(shape, a, b, m, scale):
    i = torch.arange(torch.Size(shape).numel(), dtype=torch.float64)
    return (((a * i + b) % m - m // 2) / scale).reshape(shape)


def golden(make, shape):
    model = make().double()
    with torch.no_grad():
        for k, p in enumerate(model.parameters()):
            p.copy_(values(p.shape, 5, 3 * k + 2, 9, 8))
    x = values(shape, 7, 3, 13, 4).requires_grad_()
    y = model(x)
    (y * values(y.shape, 3, 1, 7, 4)).sum().backward()
    return {
        "state": {name: list(t.shape) for name, t in model.state_dict().items()},
        "shape": list(y.shape),
        "y": y.reshape(-1).tolist(),
        "dx": x.grad.reshape(-1).tolist(),
        "grads": [p.grad.reshape(-1).tolist() for p in model.parameters()],
    }


goldens = {name: golden(*model) for name, model in MODELS.items()}
lines = [f"{json.dumps(key)}: {json.dumps(value, separators=(',', ':'))}" for key, value in goldens.items()]
(pathlib.Path(__file__).parent / "nn.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
print(f"nn: {len(goldens)} layers, PyTorch {torch.__version__}")
