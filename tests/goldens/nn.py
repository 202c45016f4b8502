"""Twenty steps of training of each of PyTorch's layers in float64: writes nn.json beside this file. Arguments are names
of layers; if there are any, only their entries are computed.

The inputs follow formulas that tests/nn/goldens.test.ts repeats, and are trained like the parameters, so that layers
without any have something to show too. Parameters are PyTorch's own initial ones, with some noise for those that start
as ones or zeros, rounded so that float32 holds them.
"""

import math

import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from entries import write

STEPS = 20


def values(shape, a, b, m, scale):
    i = torch.arange(torch.Size(shape).numel(), dtype=torch.float64)
    return (((a * i + b) % m - m // 2) / scale).reshape(shape)


def whole(model, x):
    return [model(x)]


def recurrent(model, x, *states):
    output, last = model(x, (states if len(states) > 1 else states[0]) if states else None)
    return [output, *(last if isinstance(last, tuple) else [last])]


def packed(lengths):
    """Padding is taken out, and put back as zeros."""

    def call(model, x):
        given = pack_padded_sequence(x, torch.tensor(lengths), batch_first=model.batch_first, enforce_sorted=False)
        output, last = model(given)
        length = x.shape[1 if model.batch_first else 0]
        y, _ = pad_packed_sequence(output, batch_first=model.batch_first, total_length=length)
        return [y, *(last if isinstance(last, tuple) else [last])]

    return call


def forbidden(rows, columns):
    """The mask of tests/nn/goldens.test.ts: true forbids. The first column is free, so that nobody is left alone."""
    return torch.tensor([[j > 0 and (2 * i + 3 * j) % 5 == 0 for j in range(columns)] for i in range(rows)])


def padding(n, keys):
    """The last k keys of sample k are padding."""
    return torch.tensor([[j >= keys - k for j in range(keys)] for k in range(n)])


def causal(length):
    return torch.triu(torch.ones(length, length, dtype=torch.bool), 1)


def added(rows, columns):
    return values([rows, columns], 3, 1, 7, 4)


class Hardsigmoid(nn.Module):
    """PyTorch's own takes 1 / 6 in float32 for the gradient, in float64 too."""

    def forward(self, x):
        return nn.functional.relu6(x + 3) / 6


class Sinusoidal(nn.Module):
    """The formula of the paper: PyTorch has no such layer."""

    def forward(self, x):
        length, _, features = x.shape
        position = torch.arange(length, dtype=torch.float64)[:, None]
        divisor = torch.exp(torch.arange(0, features, 2, dtype=torch.float64) * (-math.log(10000.0) / features))
        table = torch.zeros(length, features, dtype=torch.float64)
        table[:, 0::2] = torch.sin(position * divisor)
        table[:, 1::2] = torch.cos(position * divisor)
        return x + table[:, None]


class Learned(nn.Module):
    def __init__(self, length, features):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(length, features) * 0.02)

    def forward(self, x):
        return x + self.weight[1 : 1 + x.shape[0], None]


class Rotary(nn.Module):
    """Complex numbers, turned: the form of the paper (interleaved), which PyTorch has no layer for."""

    def __init__(self, interleaved):
        super().__init__()
        self.interleaved = interleaved

    def forward(self, x, offset=2):
        length, features = x.shape[-2:]
        pairs = x.reshape(*x.shape[:-1], features // 2, 2) if self.interleaved else torch.stack(x.chunk(2, -1), -1)
        frequency = 10000.0 ** (-torch.arange(0, features, 2, dtype=torch.float64) / features)
        angle = torch.outer(torch.arange(offset, offset + length, dtype=torch.float64), frequency)
        turned = torch.view_as_complex(pairs.contiguous()) * torch.polar(torch.ones_like(angle), angle)
        y = torch.view_as_real(turned)
        return y.reshape(x.shape) if self.interleaved else torch.cat([y[..., 0], y[..., 1]], -1)


class RotaryAttention(nn.Module):
    """Self-attention with turned queries and keys, written out."""

    def __init__(self, size, heads):
        super().__init__()
        self.in_proj_weight = nn.Parameter(torch.randn(3 * size, size) / size)
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * size))
        self.out_proj = nn.Linear(size, size)
        self.heads = heads

    def forward(self, x):
        n, length, size = x.shape
        q, k, v = nn.functional.linear(x, self.in_proj_weight, self.in_proj_bias).chunk(3, -1)
        q, k, v = (t.reshape(n, length, self.heads, -1).transpose(1, 2) for t in (q, k, v))
        turn = Rotary(False)
        q, k = turn(q, 0), turn(k, 0)
        scores = (q @ k.transpose(-1, -2) / math.sqrt(size // self.heads)).masked_fill(causal(length), -math.inf)
        return self.out_proj((scores.softmax(-1) @ v).transpose(1, 2).reshape(n, length, size))


class Around(nn.Module):
    def __init__(self, layer, shortcut=None):
        super().__init__()
        self.layer = layer
        if shortcut is not None:
            self.shortcut = shortcut

    def forward(self, x):
        return self.layer(x) + (self.shortcut(x) if hasattr(self, "shortcut") else x)


# name: (layer, shapes of the inputs, how it is called); an input of integers is ("int", shape, below)
MODELS = {
    "Linear": (lambda: nn.Linear(3, 4), [[2, 3]]),
    "Linear without bias": (lambda: nn.Linear(3, 2, bias=False), [[2, 2, 3]]),
    "Conv1d": (lambda: nn.Conv1d(2, 3, 3), [[2, 2, 6]]),
    "Conv1d with options": (
        lambda: nn.Conv1d(4, 2, 2, stride=2, padding=1, dilation=2, groups=2, bias=False),
        [[2, 4, 6]],
    ),
    "Conv1d circular": (lambda: nn.Conv1d(2, 3, 3, padding=2, padding_mode="circular"), [[2, 2, 5]]),
    "Conv2d": (lambda: nn.Conv2d(2, 3, 3), [[2, 2, 5, 4]]),
    "Conv2d with options": (
        lambda: nn.Conv2d(4, 6, (3, 2), stride=(2, 1), padding=(1, 2), dilation=(1, 2), groups=2, bias=False),
        [[1, 4, 5, 4]],
    ),
    "Conv2d same": (lambda: nn.Conv2d(1, 2, (3, 4), padding="same"), [[1, 1, 4, 5]]),
    "Conv2d reflect": (lambda: nn.Conv2d(1, 2, 3, padding=(2, 1), padding_mode="reflect"), [[1, 1, 4, 5]]),
    "Conv2d replicate": (
        lambda: nn.Conv2d(1, 2, (2, 3), padding="same", dilation=(3, 1), padding_mode="replicate"),
        [[1, 1, 4, 5]],
    ),
    "Conv2d circular": (
        lambda: nn.Conv2d(2, 2, 3, padding=(1, 2), stride=2, padding_mode="circular", groups=2),
        [[1, 2, 4, 5]],
    ),
    "ConvTranspose2d": (lambda: nn.ConvTranspose2d(2, 3, 2), [[2, 2, 3, 2]]),
    "ConvTranspose2d with options": (
        lambda: nn.ConvTranspose2d(
            4, 2, (3, 2), stride=2, padding=(1, 0), output_padding=1, dilation=(1, 2), groups=2, bias=False
        ),
        [[1, 4, 3, 2]],
    ),
    "MaxPool2d": (lambda: nn.MaxPool2d(2), [[1, 2, 4, 5]]),
    "MaxPool2d with options": (
        lambda: nn.MaxPool2d((3, 2), stride=(2, 1), padding=1, ceil_mode=True),
        [[1, 1, 6, 4]],
    ),
    "AvgPool2d": (lambda: nn.AvgPool2d(2), [[1, 2, 4, 5]]),
    "AvgPool2d with options": (
        lambda: nn.AvgPool2d((3, 2), stride=(2, 1), padding=1, ceil_mode=True, count_include_pad=False),
        [[1, 1, 6, 4]],
    ),
    "AdaptiveAvgPool2d": (lambda: nn.AdaptiveAvgPool2d((3, 2)), [[2, 1, 4, 5]]),
    "MaxPool1d": (lambda: nn.MaxPool1d(2), [[1, 2, 5]]),
    "MaxPool1d with options": (lambda: nn.MaxPool1d(3, stride=2, padding=1, dilation=2, ceil_mode=True), [[2, 1, 8]]),
    "AvgPool1d": (lambda: nn.AvgPool1d(2), [[1, 2, 5]]),
    "AvgPool1d with options": (
        lambda: nn.AvgPool1d(3, stride=2, padding=1, ceil_mode=True, count_include_pad=False),
        [[2, 1, 6]],
    ),
    "AdaptiveAvgPool1d": (lambda: nn.AdaptiveAvgPool1d(3), [[2, 1, 5]]),
    "Flatten": (lambda: nn.Flatten(), [[2, 3, 2]]),
    "Flatten of two axes": (lambda: nn.Flatten(0, 1), [[2, 3, 2]]),
    "Identity": (lambda: nn.Identity(), [[5]]),
    "Sigmoid": (lambda: nn.Sigmoid(), [[11]]),
    "LogSigmoid": (lambda: nn.LogSigmoid(), [[11]]),
    "Tanh": (lambda: nn.Tanh(), [[11]]),
    "ReLU": (lambda: nn.ReLU(), [[11]]),
    "ReLU6": (lambda: nn.ReLU6(), [[11]]),
    "LeakyReLU": (lambda: nn.LeakyReLU(), [[11]]),
    "LeakyReLU with slope": (lambda: nn.LeakyReLU(0.25), [[11]]),
    "ELU": (lambda: nn.ELU(), [[11]]),
    "ELU with alpha": (lambda: nn.ELU(0.5), [[11]]),
    "CELU": (lambda: nn.CELU(), [[11]]),
    "CELU with alpha": (lambda: nn.CELU(0.5), [[11]]),
    "SELU": (lambda: nn.SELU(), [[11]]),
    "GELU": (lambda: nn.GELU(), [[11]]),
    "GELU tanh": (lambda: nn.GELU(approximate="tanh"), [[11]]),
    "SiLU": (lambda: nn.SiLU(), [[11]]),
    "Mish": (lambda: nn.Mish(), [[11]]),
    "Softplus": (lambda: nn.Softplus(), [[11]]),
    "Softplus with options": (lambda: nn.Softplus(2, 1), [[11]]),
    "Softsign": (lambda: nn.Softsign(), [[11]]),
    "Hardtanh": (lambda: nn.Hardtanh(), [[11]]),
    "Hardtanh with bounds": (lambda: nn.Hardtanh(-0.6, 1.1), [[11]]),
    "Hardshrink": (lambda: nn.Hardshrink(), [[11]]),
    "Softshrink": (lambda: nn.Softshrink(), [[11]]),
    "Softshrink with lambda": (lambda: nn.Softshrink(0.25), [[11]]),
    "Tanhshrink": (lambda: nn.Tanhshrink(), [[11]]),
    "Threshold": (lambda: nn.Threshold(0.25, -2.0), [[11]]),
    "Softmin": (lambda: nn.Softmin(-1), [[2, 5]]),
    "Hardsigmoid": (lambda: Hardsigmoid(), [[11]]),
    "Hardswish": (lambda: nn.Hardswish(), [[11]]),
    "Softmax": (lambda: nn.Softmax(-1), [[2, 5]]),
    "Softmax of an axis": (lambda: nn.Softmax(1), [[2, 3, 2]]),
    "LogSoftmax": (lambda: nn.LogSoftmax(-1), [[2, 5]]),
    "PReLU": (lambda: nn.PReLU(), [[2, 3]]),
    "PReLU of channels": (lambda: nn.PReLU(3, init=0.5), [[2, 3, 2]]),
    "GLU": (lambda: nn.GLU(), [[3, 4]]),
    "GLU of an axis": (lambda: nn.GLU(0), [[4, 3]]),
    "Dropout in use": (lambda: nn.Dropout(0.5).eval(), [[7]]),
    "BatchNorm1d": (lambda: nn.BatchNorm1d(3), [[4, 3]]),
    "BatchNorm1d of sequences": (lambda: nn.BatchNorm1d(2, eps=1e-3, momentum=0.3), [[3, 2, 4]]),
    "BatchNorm2d": (lambda: nn.BatchNorm2d(2), [[2, 2, 3, 2]]),
    "BatchNorm2d of all steps": (lambda: nn.BatchNorm2d(2, momentum=None, affine=False), [[2, 2, 3, 2]]),
    "BatchNorm2d without statistics": (lambda: nn.BatchNorm2d(2, track_running_stats=False), [[2, 2, 3, 2]]),
    "BatchNorm2d in use": (lambda: nn.BatchNorm2d(2).eval(), [[2, 2, 3, 2]]),
    "LayerNorm": (lambda: nn.LayerNorm(4), [[3, 4]]),
    "LayerNorm of two axes": (lambda: nn.LayerNorm([2, 3], eps=1e-3, bias=False), [[2, 2, 3]]),
    "LayerNorm without parameters": (lambda: nn.LayerNorm(4, elementwise_affine=False), [[3, 4]]),
    "RMSNorm": (lambda: nn.RMSNorm(4), [[3, 4]]),
    "RMSNorm with options": (lambda: nn.RMSNorm([2, 3], eps=1e-3, elementwise_affine=False), [[2, 2, 3]]),
    "GroupNorm": (lambda: nn.GroupNorm(2, 4), [[2, 4, 3]]),
    "GroupNorm without parameters": (lambda: nn.GroupNorm(1, 3, eps=1e-3, affine=False), [[2, 3, 2, 2]]),
    "Embedding": (lambda: nn.Embedding(5, 3), [("int", [2, 4], 5)]),
    "Embedding with padding": (lambda: nn.Embedding(5, 3, padding_idx=-2), [("int", [2, 4], 5)]),
    "Residual": (lambda: Around(nn.Linear(3, 3)), [[2, 3]]),
    "Residual with shortcut": (
        lambda: Around(nn.Sequential(nn.Linear(3, 4), nn.Tanh()), nn.Linear(3, 4, bias=False)),
        [[2, 3]],
    ),
    "Sequential": (
        lambda: nn.Sequential(
            nn.Conv2d(1, 3, 3),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Sequential(nn.Linear(12, 4), nn.ReLU()),
            nn.Linear(4, 2),
        ),
        [[2, 1, 6, 6]],
    ),
    "RNN": (lambda: nn.RNN(3, 2), [[4, 2, 3]], recurrent),
    "RNN with options": (
        lambda: nn.RNN(2, 3, num_layers=2, nonlinearity="relu", bias=False, batch_first=True, bidirectional=True),
        [[2, 3, 2], [4, 2, 3]],
        recurrent,
    ),
    "RNN with padding": (lambda: nn.RNN(2, 3, bidirectional=True), [[5, 3, 2]], packed([3, 5, 1])),
    "GRU": (lambda: nn.GRU(3, 2), [[4, 2, 3]], recurrent),
    "GRU with options": (
        lambda: nn.GRU(2, 2, num_layers=2, batch_first=True, bidirectional=True),
        [[2, 3, 2], [4, 2, 2]],
        recurrent,
    ),
    "GRU without bias": (lambda: nn.GRU(2, 2, bias=False), [[3, 2, 2]], recurrent),
    "GRU with padding": (
        lambda: nn.GRU(2, 2, num_layers=2, batch_first=True, bidirectional=True),
        [[3, 4, 2]],
        packed([2, 1, 4]),
    ),
    "LSTM": (lambda: nn.LSTM(3, 2), [[7, 2, 3]], recurrent),
    "LSTM with options": (
        lambda: nn.LSTM(2, 2, num_layers=2, batch_first=True, bidirectional=True),
        [[2, 3, 2], [4, 2, 2], [4, 2, 2]],
        recurrent,
    ),
    "LSTM without bias": (lambda: nn.LSTM(2, 2, num_layers=2, bias=False), [[3, 2, 2]], recurrent),
    "LSTM with padding": (lambda: nn.LSTM(2, 2, bidirectional=True), [[4, 3, 2]], packed([4, 2, 3])),
    "MultiHeadAttention": (lambda: nn.MultiheadAttention(4, 2), [[3, 2, 4]], lambda m, x: [m(x, x, x)[0]]),
    "MultiHeadAttention with weights": (
        lambda: nn.MultiheadAttention(4, 2, batch_first=True),
        [[2, 3, 4]],
        lambda m, x: m(x, x, x, attn_mask=causal(3)),
    ),
    "MultiHeadAttention with weights of heads": (
        lambda: nn.MultiheadAttention(4, 2, bias=False, batch_first=True),
        [[2, 3, 4], [2, 5, 4]],
        lambda m, q, k: m(q, k, k, key_padding_mask=padding(2, 5), average_attn_weights=False),
    ),
    "MultiHeadAttention causal": (
        lambda: nn.MultiheadAttention(4, 2, batch_first=True),
        [[2, 4, 4]],
        lambda m, x: [m(x, x, x, attn_mask=causal(4), is_causal=True, need_weights=False)[0]],
    ),
    "MultiHeadAttention of a memory": (
        lambda: nn.MultiheadAttention(4, 2),
        [[3, 2, 4], [5, 2, 4]],
        lambda m, q, k: [m(q, k, k, key_padding_mask=padding(2, 5), attn_mask=forbidden(3, 5))[0]],
    ),
    "MultiHeadAttention of three inputs": (
        lambda: nn.MultiheadAttention(4, 2, batch_first=True),
        [[2, 3, 4], [2, 5, 4], [2, 5, 4]],
        lambda m, q, k, v: [m(q, k, v, attn_mask=added(3, 5))[0]],
    ),
    "MultiHeadAttention with kdim and vdim": (
        lambda: nn.MultiheadAttention(4, 2, kdim=3, vdim=2, batch_first=True),
        [[2, 3, 4], [2, 5, 3], [2, 5, 2]],
        lambda m, q, k, v: [m(q, k, v, attn_mask=torch.stack([forbidden(3, 5)] * 3 + [forbidden(3, 5).flip(0)]))[0]],
    ),
    "MultiHeadAttention with rotary": (lambda: RotaryAttention(8, 2), [[2, 4, 8]]),
    "TransformerEncoderLayer": (
        lambda: nn.TransformerEncoderLayer(4, 2, dim_feedforward=5, dropout=0),
        [[3, 2, 4]],
        lambda m, x: [m(x, src_mask=forbidden(3, 3), src_key_padding_mask=padding(2, 3))],
    ),
    "TransformerEncoderLayer with options": (
        lambda: nn.TransformerEncoderLayer(
            4, 2, 5, 0, activation="gelu", layer_norm_eps=1e-3, batch_first=True, norm_first=True, bias=False
        ),
        [[2, 3, 4]],
        lambda m, x: [m(x, src_mask=causal(3), is_causal=True)],
    ),
    "TransformerDecoderLayer": (
        lambda: nn.TransformerDecoderLayer(4, 2, dim_feedforward=5, dropout=0),
        [[3, 2, 4], [5, 2, 4]],
        lambda m, x, y: [m(x, y, tgt_mask=causal(3), tgt_is_causal=True, memory_key_padding_mask=padding(2, 5))],
    ),
    "TransformerDecoderLayer with options": (
        lambda: nn.TransformerDecoderLayer(4, 2, 5, 0, activation="gelu", batch_first=True, norm_first=True),
        [[2, 3, 4], [2, 5, 4]],
        lambda m, x, y: [m(x, y, memory_mask=forbidden(3, 5), tgt_key_padding_mask=padding(2, 3))],
    ),
    "TransformerEncoder": (
        lambda: nn.TransformerEncoder(
            nn.TransformerEncoderLayer(4, 2, dim_feedforward=5, dropout=0), 2, enable_nested_tensor=False
        ),
        [[3, 2, 4]],
        lambda m, x: [m(x, mask=forbidden(3, 3), src_key_padding_mask=padding(2, 3))],
    ),
    "TransformerEncoder with a norm": (
        lambda: nn.TransformerEncoder(
            nn.TransformerEncoderLayer(4, 2, 5, 0, activation="gelu", batch_first=True, norm_first=True),
            2,
            nn.LayerNorm(4),
            enable_nested_tensor=False,
        ),
        [[2, 3, 4]],
        lambda m, x: [m(x, mask=causal(3), is_causal=True)],
    ),
    "TransformerDecoder": (
        lambda: nn.TransformerDecoder(
            nn.TransformerDecoderLayer(4, 2, 5, 0, batch_first=True), 2, nn.LayerNorm(4)
        ),
        [[2, 3, 4], [2, 5, 4]],
        lambda m, x, y: [
            m(
                x,
                y,
                tgt_mask=causal(3),
                tgt_is_causal=True,
                memory_mask=forbidden(3, 5),
                tgt_key_padding_mask=padding(2, 3),
                memory_key_padding_mask=padding(2, 5),
            )
        ],
    ),
    "SinusoidalEncoding": (lambda: Sinusoidal(), [[4, 2, 6]]),
    "LearnedEncoding": (lambda: Learned(5, 3), [[4, 2, 3]]),
    "RotaryEncoding": (lambda: Rotary(False), [[2, 3, 4]]),
    "RotaryEncoding interleaved": (lambda: Rotary(True), [[2, 1, 3, 6]]),
}


def flat(tensors):
    return torch.cat([t.reshape(-1) for t in tensors])


def numbers(t):
    return t.detach().reshape(-1).tolist()


def golden(make, inputs, call=whole):
    torch.manual_seed(0)
    model = make().double()
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(torch.round((p + 0.1 * torch.randn_like(p)) * 1024) / 1024)
    initial = {name: {"shape": list(t.shape), "values": numbers(t)} for name, t in model.state_dict().items()}
    xs = [
        (torch.arange(math.prod(x[1])) * 7 + 3).remainder(x[2]).reshape(x[1])
        if isinstance(x, tuple)
        else values(x, 7, 3 + k, 13, 4).requires_grad_()
        for k, x in enumerate(inputs)
    ]
    trained = [x for x in xs if x.is_floating_point()] + list(model.parameters())
    result = {"initial": initial}
    for step in range(STEPS):
        outputs = call(model, *xs)
        y = flat(outputs)
        loss = ((y - values(y.shape, 3, 1, 7, 4)) ** 2).mean()
        gradients = torch.autograd.grad(loss, trained)
        if step == 0:
            result["shapes"] = [list(t.shape) for t in outputs]
            result["y"] = numbers(y)
            result["gradients"] = [numbers(g) for g in gradients]
        with torch.no_grad():
            for p, g in zip(trained, gradients):
                p -= 0.5 * g
    result["xs"] = [numbers(x) for x in xs if x.is_floating_point()]
    result["state"] = {name: numbers(t) for name, t in model.state_dict().items()}
    model.eval()
    with torch.no_grad():
        result["inUse"] = numbers(flat(call(model, *xs)))
    return result


count = write("nn.json", {name: lambda model=model: golden(*model) for name, model in MODELS.items()})
print(f"nn: {count} layers, PyTorch {torch.__version__}")
