"""Learning rates of PyTorch's schedulers and Keras's schedules in float64: writes schedules.json beside this file.

Keras runs on PyTorch here. Each entry gives the first STEPS rates; tests/optim/schedules.test.ts has the same schedules
under the same names.
"""

import json
import math
import os
import pathlib

os.environ["KERAS_BACKEND"] = "torch"

import keras  # noqa: E402
import torch  # noqa: E402
from torch.optim import lr_scheduler as S  # noqa: E402

keras.config.set_floatx("float64")
K = keras.optimizers.schedules
STEPS = 30
LR = 0.1


def optimizer(lr=LR):
    return torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=lr)


def torch_rates(make, steps=STEPS):
    o = optimizer()
    scheduler = make(o)
    rates = []
    for i in range(steps):
        rates.append(o.param_groups[0]["lr"])
        o.step()
        if i < steps - 1:
            scheduler.step()
    return rates


def warm(o, after, steps, start):
    return S.SequentialLR(o, [S.LinearLR(o, start, 1.0, steps), after], [steps])


TORCH = {
    "exponential": lambda o: S.ExponentialLR(o, 0.9),
    "linear": lambda o: S.LinearLR(o),
    "linear down": lambda o: S.LinearLR(o, 1.0, 0.25, 12),
    "step": lambda o: S.StepLR(o, 7),
    "step gamma": lambda o: S.StepLR(o, 4, 0.5),
    "multiStep": lambda o: S.MultiStepLR(o, [3, 11, 11, 20], 0.5),
    "polynomial": lambda o: S.PolynomialLR(o),
    "polynomial power": lambda o: S.PolynomialLR(o, 20, 2.5),
    "cosine": lambda o: S.CosineAnnealingLR(o, STEPS - 1),
    "cosine etaMin": lambda o: S.CosineAnnealingLR(o, STEPS - 1, 0.02),
    "warm restarts": lambda o: S.CosineAnnealingWarmRestarts(o, 8),
    "warm restarts tMult": lambda o: S.CosineAnnealingWarmRestarts(o, 3, 2, 0.01),
    "oneCycle": lambda o: S.OneCycleLR(o, LR, STEPS),
    "oneCycle linear": lambda o: S.OneCycleLR(o, LR, STEPS, pct_start=0.45, anneal_strategy="linear", div_factor=5, final_div_factor=10),
    "oneCycle three phases": lambda o: S.OneCycleLR(o, LR, STEPS, pct_start=0.35, three_phase=True),
    "oneCycle linear three phases": lambda o: S.OneCycleLR(o, LR, STEPS, pct_start=0.2, anneal_strategy="linear", three_phase=True),
    "warmUp step": lambda o: warm(o, S.StepLR(o, 6, 0.5), 5, 0.2),
    "warmUp cosine": lambda o: warm(o, S.CosineAnnealingLR(o, STEPS), 8, 1 / 3),
}

KERAS = {
    "keras exponential": K.ExponentialDecay(LR, 7, 0.5),
    "keras exponential staircase": K.ExponentialDecay(LR, 7, 0.96, staircase=True),
    "keras inverseTime": K.InverseTimeDecay(LR, 5, 0.5),
    "keras inverseTime staircase": K.InverseTimeDecay(LR, 4, 0.5, staircase=True),
    "keras polynomial": K.PolynomialDecay(LR, 18, 0.01, power=0.5),
    "keras polynomial cycle": K.PolynomialDecay(LR, 8, 0.01, power=2.0, cycle=True),
    "keras cosine": K.CosineDecay(LR, 20, alpha=0.1),
    "keras warm restarts": K.CosineDecayRestarts(LR, 4, t_mul=1.5, m_mul=0.8, alpha=0.05),
    "keras warm restarts same period": K.CosineDecayRestarts(LR, 7, t_mul=1.0, m_mul=0.5, alpha=0.0),
    "keras warmUp cosine": K.CosineDecay(0.0, 20, warmup_target=LR, warmup_steps=6),
}

METRICS = [
    round(v, 4)
    for v in [1.0, 0.9, 0.95, 0.91, 0.9, 0.8999, 0.85, 0.86, 0.87, 0.9, 0.85, 0.8, 0.79, 0.795, 0.81, 0.8]
    + [0.79] * 12
    + [0.5, 0.6]
]

PLATEAU = {
    "default patience 2": {"patience": 2},
    "max": {"mode": "max", "patience": 1, "factor": 0.5},
    "abs": {"patience": 1, "threshold": 0.02, "threshold_mode": "abs", "factor": 0.5},
    "max abs": {"mode": "max", "patience": 2, "threshold": 0.02, "threshold_mode": "abs", "factor": 0.5},
    "cooldown": {"patience": 1, "cooldown": 3, "factor": 0.3},
    "minLr": {"patience": 0, "min_lr": 0.004},
    "eps": {"patience": 0, "eps": 1e-3, "factor": 0.5},
}


def plateau(options):
    o = optimizer()
    scheduler = S.ReduceLROnPlateau(o, **options)
    rates = []
    for metric in METRICS:
        scheduler.step(metric)
        rates.append(o.param_groups[0]["lr"])
    # A metric that is not a number does not count as an improvement.
    scheduler.step(math.nan)
    rates.append(o.param_groups[0]["lr"])
    return rates


goldens = {name: torch_rates(make) for name, make in TORCH.items()}
for name, schedule in KERAS.items():
    goldens[name] = [float(schedule(step)) for step in range(STEPS)]
for name, options in PLATEAU.items():
    goldens[f"plateau {name}"] = plateau(options)
goldens["plateau metrics"] = METRICS
lines = [f"{json.dumps(key)}: {json.dumps(value, separators=(',', ':'))}" for key, value in goldens.items()]
(pathlib.Path(__file__).parent / "schedules.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
print(f"schedules: {len(goldens) - 1} runs, PyTorch {torch.__version__}, Keras {keras.__version__}")
