"""The base of a row's work in PyTorch. Operands come in the order in which bench/gpu/work/ makes them."""

import torch

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}


class Wrong(Exception):
    """Results that cannot be right."""


class Work:
    """The work of a row. make(device) gives one set of operands, prepare(operands) the call that is timed, which returns a
    list of results.
    """

    clock = "device"
    calls = None

    def __init__(self, row, variant):
        self.row = row
        self.variant = variant
        self.dtype = DTYPES[row.get("dtype", "float32")]

    def random(self, device, *shape):
        return torch.randn(*shape, device=device, dtype=self.dtype)

    def sizes(self, *names):
        return [self.row[name] for name in names]

    def reference(self, inputs, outputs, names):
        """The results for operands in float64."""
        return self.prepare(inputs)()


def gradients_of(function, inputs, cotangent):
    """A call that computes the gradients for `inputs`; the forward pass is done before."""
    inputs = [x.detach().requires_grad_() for x in inputs]
    y = function(*inputs)
    return lambda: list(torch.autograd.grad(y, inputs, cotangent, retain_graph=True))


class Function(Work):
    """A function of some operands: forward, or the gradients for the random ones."""

    def __init__(self, row, variant):
        super().__init__(row, variant)
        self.shapes = self.operand_shapes()

    def operand_shapes(self):
        raise NotImplementedError

    def function(self, *operands):
        raise NotImplementedError

    def others(self, device):
        """Operands that are not random floats, such as labels."""
        return []

    def make(self, device):
        inputs = [self.random(device, *shape) for shape in self.shapes]
        others = self.others(device)
        if not self.row.get("backward"):
            return inputs + others
        cotangent = torch.randn_like(self.function(*inputs, *others))
        return inputs + others + [cotangent]

    def prepare(self, operands):
        if not self.row.get("backward"):
            return lambda: [self.function(*operands)]
        count = len(self.shapes)
        inputs, others, cotangent = operands[:count], operands[count:-1], operands[-1]
        return gradients_of(lambda *xs: self.function(*xs, *others), inputs, cotangent)
