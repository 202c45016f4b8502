"""Rows that are one function of their operands: elementwise, sums, rows of a matrix, attention, products."""

import torch
import torch.nn.functional as F

from torch_base import Function, Wrong


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
