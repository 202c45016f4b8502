"""Parameters after 20 steps of PyTorch's optimizers in float64: writes optim.json beside this file.

Parameters and gradients follow formulas that tests/optim/optim.test.ts repeats, so that the file holds results only.
"""

import json
import pathlib

import torch

SHAPES = [[3, 2], [4], []]
STEPS = 20

VARIANTS = {
    "SGD": ("SGD", {"lr": 0.1}),
    "SGD weightDecay": ("SGD", {"lr": 0.1, "weight_decay": 0.05}),
    "SGD momentum": ("SGD", {"lr": 0.05, "momentum": 0.9}),
    "SGD dampening": ("SGD", {"lr": 0.05, "momentum": 0.9, "dampening": 0.3}),
    "SGD nesterov": ("SGD", {"lr": 0.05, "momentum": 0.9, "nesterov": True}),
    "SGD nesterov weightDecay": ("SGD", {"lr": 0.05, "momentum": 0.8, "nesterov": True, "weight_decay": 0.1}),
    "Adam": ("Adam", {}),
    "Adam lr betas eps": ("Adam", {"lr": 0.05, "betas": (0.8, 0.95), "eps": 1e-3}),
    "Adam weightDecay": ("Adam", {"lr": 0.02, "weight_decay": 0.1}),
    "Adam amsgrad": ("Adam", {"lr": 0.02, "betas": (0.9, 0.5), "amsgrad": True}),
    "AdamW": ("AdamW", {"lr": 0.02}),
    "AdamW weightDecay": ("AdamW", {"lr": 0.02, "weight_decay": 0.3}),
    "AdamW amsgrad": ("AdamW", {"lr": 0.02, "betas": (0.9, 0.5), "weight_decay": 0.1, "amsgrad": True}),
    "Adam zero beta1": ("Adam", {"lr": 0.02, "betas": (0.0, 0.999)}),
}


def count(shape):
    n = 1
    for size in shape:
        n *= size
    return n


def parameter(shape, k):
    values = [((5 * i + 3 * k + 2) % 9 - 4) / 4 for i in range(count(shape))]
    return torch.tensor(values, dtype=torch.float64).reshape(shape).requires_grad_()


def gradient(shape, k, step):
    values = [((7 * i + 5 * k + 13 * step + 3) % 11 - 5) / 8 + 1 / 16 for i in range(count(shape))]
    return torch.tensor(values, dtype=torch.float64).reshape(shape)


def skipped(k, step):
    """Parameter 1 has no gradient in the first two steps, and every seventh."""
    return k == 1 and (step < 2 or step % 7 == 6)


def run(name, options, skip):
    parameters = [parameter(shape, k) for k, shape in enumerate(SHAPES)]
    optimizer = getattr(torch.optim, name)(parameters, foreach=False, **options)
    for step in range(STEPS):
        for k, p in enumerate(parameters):
            p.grad = None if skip and skipped(k, step) else gradient(p.shape, k, step)
        optimizer.step()
    return [p.detach().reshape(-1).tolist() for p in parameters]


goldens = {}
for variant, (name, options) in VARIANTS.items():
    goldens[variant] = run(name, options, False)
    goldens[f"{variant}, gradients missing"] = run(name, options, True)
lines = [f"{json.dumps(key)}: {json.dumps(value, separators=(',', ':'))}" for key, value in goldens.items()]
(pathlib.Path(__file__).parent / "optim.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
print(f"optim: {len(goldens)} runs, PyTorch {torch.__version__}")
