"""The rows of bench/rows.json in PyTorch: which work a row has; convolutions and the optimizer."""

import torch
import torch.nn.functional as F

import torch_ops
import torch_steps
from torch_base import Work


class Conv(Work):
    """Operands: (x, w) forward, (w, dy) for dx, (x, dy) for dw; images are NCHW, or channels last."""

    def __init__(self, row, variant):
        super().__init__(row, variant)
        n, c, k, size, r, stride, padding = self.sizes(
            "batch", "channels", "filters", "image", "kernel", "stride", "padding"
        )
        out = (size + 2 * padding - r) // stride + 1
        self.shapes = {"x": (n, c, size, size), "w": (k, c, r, r), "dy": (n, k, out, out)}
        self.operands = {"forward": ("x", "w"), "dx": ("w", "dy"), "dw": ("x", "dy")}[row["direction"]]

    def layout(self, x):
        last = self.variant == "channels last"
        return x.contiguous(memory_format=torch.channels_last if last else torch.contiguous_format)

    def make(self, device):
        return [self.layout(self.random(device, *self.shapes[name])) for name in self.operands]

    def prepare(self, operands):
        row = self.row
        stride, padding = [row["stride"]] * 2, [row["padding"]] * 2
        if row["direction"] == "forward":
            x, w = operands
            return lambda: [F.conv2d(x, w, None, stride, padding)]
        first, dy = operands
        # Only the shape of the other operand matters; a sample has fewer images, channels or filters.
        if row["direction"] == "dx":
            w, mask = first, [True, False, False]
            x = torch.empty(dy.shape[0], w.shape[1], row["image"], row["image"], dtype=w.dtype, device=w.device)
        else:
            x, mask = first, [False, True, False]
            w = torch.empty(dy.shape[1], x.shape[1], row["kernel"], row["kernel"], dtype=x.dtype, device=x.device)
        x, w = self.layout(x), self.layout(w)
        backward = torch.ops.aten.convolution_backward
        which = mask.index(True)
        return lambda: [backward(dy, x, w, None, stride, padding, [1, 1], False, [0, 0], 1, mask)[which]]


def gpt2_shapes(row):
    width = row["width"]
    block = [[width], [width], [3 * width, width], [3 * width], [width, width], [width]]
    block += [[width], [width], [4 * width, width], [4 * width], [width, 4 * width], [width]]
    return [[row["classes"], width], [row["tokens"], width]] + block * row["layers"] + [[width], [width]]


class AdamW(Work):
    """One step of the fused implementation."""

    def make(self, device):
        shapes = gpt2_shapes(self.row)
        return [[self.random(device, *shape) for shape in shapes] for _ in range(2)]

    def optimizer(self, parameters):
        return torch.optim.AdamW(parameters, lr=1e-3, weight_decay=0.1, fused=True)

    def prepare(self, operands):
        parameters, gradients = operands
        parameters = [p.detach().requires_grad_() for p in parameters]
        for p, g in zip(parameters, gradients):
            p.grad = g
        optimizer = self.optimizer(parameters)

        def step():
            optimizer.step()
            return []

        return step

    def reference(self, inputs, outputs, names):
        """The change of a parameter in three steps, with the gradients of bench/gpu/work/optimizer.ts."""
        before, gradient = inputs
        parameter = before.clone().requires_grad_()
        optimizer = self.optimizer([parameter])
        for factor in (1, -0.5, 1):
            parameter.grad = factor * gradient
            optimizer.step()
        return [parameter.detach() - before]


WORKS = {
    "empty": torch_ops.Empty,
    "host": torch_ops.Host,
    "copy": torch_ops.Copy,
    "add": torch_ops.Add,
    "gelu": torch_ops.Gelu,
    "dropout": torch_ops.Dropout,
    "biasAdd": torch_ops.BiasAdd,
    "transpose": torch_ops.Transpose,
    "sum": torch_ops.Sum,
    "softmax": torch_ops.Softmax,
    "layerNorm": torch_ops.LayerNorm,
    "rmsNorm": torch_ops.RmsNorm,
    "crossEntropy": torch_ops.CrossEntropy,
    "embedding": torch_ops.Embedding,
    "attention": torch_ops.Attention,
    "matmul": torch_ops.Matmul,
    "conv": Conv,
    "adamW": AdamW,
}


def work_of(row, variant):
    if row["op"] == "step":
        return torch_steps.Step(row, variant)
    return WORKS[row["op"]](row, variant)
