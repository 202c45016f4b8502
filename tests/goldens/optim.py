"""Parameters after 20 steps of PyTorch's optimizers in float64: writes optim.json beside this file. Arguments are names of
optimizers; if there are any, only their entries are computed.

Parameters and gradients follow formulas that tests/optim/optim.test.ts repeats, so that the file holds results only.
"""

import torch

from entries import write

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
    "RMSprop": ("RMSprop", {}),
    "RMSprop alpha eps weightDecay": ("RMSprop", {"lr": 0.02, "alpha": 0.8, "eps": 1e-3, "weight_decay": 0.1}),
    "RMSprop momentum": ("RMSprop", {"lr": 0.02, "alpha": 0.9, "momentum": 0.7}),
    "RMSprop centered": ("RMSprop", {"lr": 0.02, "alpha": 0.9, "centered": True}),
    "RMSprop centered momentum": ("RMSprop", {"alpha": 0.9, "momentum": 0.7, "centered": True, "weight_decay": 0.1}),
    "Adagrad": ("Adagrad", {}),
    "Adagrad lrDecay weightDecay": ("Adagrad", {"lr": 0.2, "lr_decay": 0.1, "weight_decay": 0.1, "eps": 1e-3}),
    "Adagrad initialAccumulatorValue": ("Adagrad", {"lr": 0.2, "initial_accumulator_value": 0.5}),
    "Lion": ("Lion", {}),
    "Lion lr betas weightDecay": ("Lion", {"lr": 0.02, "betas": (0.5, 0.8), "weight_decay": 0.3}),
}
# Options of the parameters 1 and 2, in a separate group.
GROUPS = {
    "SGD groups": ("SGD", {"lr": 0.1, "momentum": 0.9}, {"lr": 0.02, "momentum": 0.0, "weight_decay": 0.1}),
    "AdamW groups": ("AdamW", {"lr": 0.02, "weight_decay": 0.3}, {"weight_decay": 0.0, "amsgrad": True}),
    "RMSprop groups": ("RMSprop", {}, {"lr": 0.05, "centered": True, "momentum": 0.5}),
    "Adagrad groups": ("Adagrad", {"lr": 0.2}, {"lr": 0.1, "lr_decay": 0.2}),
    "Lion groups": ("Lion", {"lr": 0.01}, {"lr": 0.03, "betas": (0.7, 0.9)}),
}
# After step 10 of a run with groups, as a schedule does: every rate is multiplied by this.
CUT = 0.25


class Lion(torch.optim.Optimizer):
    """PyTorch has none: Program 1 of Chen et al., "Symbolic discovery of optimization algorithms", 2023."""

    def __init__(self, params, lr=1e-4, betas=(0.9, 0.99), weight_decay=0.0, foreach=False):
        super().__init__(params, {"lr": lr, "betas": betas, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            beta1, beta2 = group["betas"]
            for p in group["params"]:
                if p.grad is None:
                    continue
                m = self.state[p].setdefault("m", torch.zeros_like(p))
                update = torch.sign(m.mul(beta1) + p.grad.mul(1 - beta1))
                m.copy_(m.mul(beta2) + p.grad.mul(1 - beta2))
                p.sub_(group["lr"] * (update + group["weight_decay"] * p))


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


def optimizer_of(name):
    return Lion if name == "Lion" else getattr(torch.optim, name)


def run(name, options, skip, own=None):
    parameters = [parameter(shape, k) for k, shape in enumerate(SHAPES)]
    groups = parameters if own is None else [{"params": parameters[:1]}, {"params": parameters[1:], **own}]
    optimizer = optimizer_of(name)(groups, foreach=False, **options)
    for step in range(STEPS):
        if own is not None and step == 10:
            for group in optimizer.param_groups:
                group["lr"] *= CUT
        for k, p in enumerate(parameters):
            p.grad = None if skip and skipped(k, step) else gradient(p.shape, k, step)
        optimizer.step()
    return [p.detach().reshape(-1).tolist() for p in parameters]


def averages(decay):
    """The averages of the parameters over a run of SGD."""
    module = torch.nn.ParameterList([parameter(shape, k) for k, shape in enumerate(SHAPES)])
    optimizer = torch.optim.SGD(module.parameters(), lr=0.1)
    average = torch.optim.swa_utils.AveragedModel(
        module, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(decay)
    )
    for step in range(STEPS):
        for k, p in enumerate(module):
            p.grad = gradient(p.shape, k, step)
        optimizer.step()
        average.update_parameters(module)
    return [p.detach().reshape(-1).tolist() for p in average.parameters()]


makers = {}
for variant, (name, options) in VARIANTS.items():
    makers[variant] = lambda name=name, options=options: run(name, options, False)
    makers[f"{variant}, gradients missing"] = lambda name=name, options=options: run(name, options, True)
for variant, (name, options, own) in GROUPS.items():
    makers[variant] = lambda name=name, options=options, own=own: run(name, options, False, own)
    makers[f"{variant}, gradients missing"] = lambda name=name, options=options, own=own: run(name, options, True, own)
for decay in [0.5, 0.999]:
    makers[f"ExponentialMovingAverage {decay}"] = lambda decay=decay: averages(decay)
print(f"optim: {write('optim.json', makers)} runs, PyTorch {torch.__version__}")
