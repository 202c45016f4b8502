"""The rows of bench/rows.json in PyTorch. A row's operands come in the order in which bench/gpu/work/ makes them."""

import torch
import torch.nn.functional as F

import torch_steps

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


class Empty(Function):
    clock = "stream"
    calls = 500

    def operand_shapes(self):
        return [(1,)]

    def function(self, x):
        return torch.neg(x)


class Host(Function):
    clock = "host"
    calls = 500

    def operand_shapes(self):
        return [(self.row["elements"],)] * 2

    def function(self, a, b):
        return a * b


class Copy(Function):
    def operand_shapes(self):
        return [(self.row["elements"],)]

    def prepare(self, operands):
        target = torch.empty_like(operands[0])
        return lambda: [target.copy_(operands[0])]


class Add(Function):
    def operand_shapes(self):
        return [(self.row["elements"],)] * 2

    def function(self, a, b):
        return a + b


class Gelu(Function):
    def operand_shapes(self):
        return [(self.row["elements"],)]

    def function(self, x):
        return F.gelu(x)


class Dropout(Function):
    def operand_shapes(self):
        return [(self.row["elements"],)]

    def function(self, x):
        return F.dropout(x, self.row["p"])

    def reference(self, inputs, outputs, names):
        """For the mask that Wengert drew; how many it keeps must be within six deviations of what p says."""
        p, kept = self.row["p"], outputs[0] != 0
        expected, deviation = kept.numel() * (1 - p), (kept.numel() * p * (1 - p)) ** 0.5
        if abs(kept.sum().item() - expected) > 6 * deviation:
            raise Wrong(f"dropout keeps {kept.sum().item()} of {kept.numel()} elements, expected {expected:.0f}")
        return [inputs[0] * kept / (1 - p)]


class BiasAdd(Function):
    def operand_shapes(self):
        rows, columns = self.sizes("rows", "columns")
        return [(rows, columns), (columns,)]

    def function(self, x, bias):
        return x + bias


class Transpose(Function):
    def operand_shapes(self):
        return [tuple(self.sizes("rows", "columns"))]

    def function(self, x):
        return x.t().contiguous()


class Sum(Function):
    def operand_shapes(self):
        return [tuple(self.sizes("rows", "columns"))]

    def function(self, x):
        axis = self.row["axis"]
        return x.sum() if axis is None else x.sum(axis)


class Softmax(Function):
    def operand_shapes(self):
        return [tuple(self.sizes("rows", "columns"))]

    def function(self, x):
        return F.softmax(x, -1)


class LayerNorm(Function):
    def operand_shapes(self):
        rows, columns = self.sizes("rows", "columns")
        return [(rows, columns), (columns,), (columns,)]

    def function(self, x, weight, bias):
        return F.layer_norm(x, x.shape[1:], weight, bias)


class RmsNorm(Function):
    def operand_shapes(self):
        rows, columns = self.sizes("rows", "columns")
        return [(rows, columns), (columns,)]

    def function(self, x, weight):
        return F.rms_norm(x, x.shape[1:], weight, eps=1e-6)


class CrossEntropy(Function):
    def operand_shapes(self):
        return [tuple(self.sizes("rows", "columns"))]

    def others(self, device):
        rows, columns = self.sizes("rows", "columns")
        return [torch.randint(columns, (rows,), device=device)]

    def function(self, logits, labels):
        return F.cross_entropy(logits, labels, reduction="none")


class Embedding(Function):
    def operand_shapes(self):
        return [tuple(self.sizes("classes", "columns"))]

    def others(self, device):
        classes, tokens = self.sizes("classes", "tokens")
        return [torch.randint(classes, (tokens,), device=device)]

    def function(self, weight, index):
        return F.embedding(index, weight)


class Attention(Function):
    def operand_shapes(self):
        return [tuple(self.sizes("batch", "heads", "tokens", "width"))] * 3

    def function(self, q, k, v):
        return F.scaled_dot_product_attention(q, k, v, is_causal=self.row["causal"])


class Matmul(Function):
    def operand_shapes(self):
        m, n, k = self.sizes("m", "n", "k")
        a, b = self.row["layout"]
        return [(m, k) if a == "N" else (k, m), (k, n) if b == "N" else (n, k)]

    def function(self, a, b):
        layout = self.row["layout"]
        return torch.matmul(a if layout[0] == "N" else a.t(), b if layout[1] == "N" else b.t())


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
    "empty": Empty,
    "host": Host,
    "copy": Copy,
    "add": Add,
    "gelu": Gelu,
    "dropout": Dropout,
    "biasAdd": BiasAdd,
    "transpose": Transpose,
    "sum": Sum,
    "softmax": Softmax,
    "layerNorm": LayerNorm,
    "rmsNorm": RmsNorm,
    "crossEntropy": CrossEntropy,
    "embedding": Embedding,
    "attention": Attention,
    "matmul": Matmul,
    "conv": Conv,
    "adamW": AdamW,
}


def work_of(row, variant):
    if row["op"] == "step":
        return torch_steps.Step(row, variant)
    return WORKS[row["op"]](row, variant)
