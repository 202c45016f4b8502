"""The training steps of bench/gpu/work/step.ts in PyTorch, eager or under torch.compile."""

import torch
import torch.nn.functional as F
from torch import nn

# The same as in step.ts: as they are measured, and as they are tried on the emulator.
SIZES = {
    "mlp": [{"batch": 1024, "features": 784, "width": 1024}, {"batch": 8, "features": 16, "width": 12}],
    "cnn": [
        {"batch": 256, "image": 28, "filters": 32, "width": 128},
        {"batch": 2, "image": 14, "filters": 4, "width": 8},
    ],
    "gpt": [
        {"batch": 64, "tokens": 256, "layers": 6, "width": 384, "heads": 6, "vocabulary": 65},
        {"batch": 2, "tokens": 8, "layers": 1, "width": 16, "heads": 2, "vocabulary": 17},
    ],
}


def mlp(features, width, **_):
    return nn.Sequential(
        nn.Linear(features, width), nn.ReLU(), nn.Linear(width, width), nn.ReLU(), nn.Linear(width, 10)
    )


def cnn(image, filters, width, **_):
    left = ((image - 2) // 2 - 2) // 2
    return nn.Sequential(
        nn.Conv2d(1, filters, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(filters, 2 * filters, 3),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(2 * filters * left**2, width),
        nn.ReLU(),
        nn.Linear(width, 10),
    )


class Gpt(nn.Module):
    def __init__(self, tokens, layers, width, heads, vocabulary, **_):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.positions = nn.Embedding(tokens, width)
        options = {"dropout": 0.0, "activation": "gelu", "batch_first": True, "norm_first": True}
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(width, heads, 4 * width, **options) for _ in range(layers)
        )
        self.norm = nn.LayerNorm(width)
        mask = nn.Transformer.generate_square_subsequent_mask(tokens)
        self.register_buffer("mask", mask, persistent=False)

    def forward(self, index):
        x = self.tokens(index) + self.positions.weight
        for layer in self.layers:
            x = layer(x, src_mask=self.mask.to(x.dtype), is_causal=True)
        return F.linear(self.norm(x), self.tokens.weight)


class Step:
    clock = "device"
    calls = None
    bytes = 2**27  # one set

    def __init__(self, row, variant):
        self.name = row["model"]
        self.variant = variant
        self.sizes = SIZES[self.name][1 if row.get("small") else 0]

    def model(self):
        return {"mlp": mlp, "cnn": cnn, "gpt": Gpt}[self.name](**self.sizes)

    def loss(self, model, x, labels):
        return F.cross_entropy(model(x).flatten(0, -2), labels)

    def make(self, device):
        s = self.sizes
        if self.name == "gpt":
            text = (s["batch"], s["tokens"])
            x = torch.randint(s["vocabulary"], text, device=device)
            labels = torch.randint(s["vocabulary"], text, device=device).flatten()
        else:
            shape = (s["features"],) if self.name == "mlp" else (1, s["image"], s["image"])
            x = torch.randn(s["batch"], *shape, device=device)
            labels = torch.randint(10, (s["batch"],), device=device)
        return x, labels, self.model().to(device)

    def prepare(self, operands):
        x, labels, model = operands
        parameters = model.parameters()
        if self.name == "mlp":
            optimizer = torch.optim.SGD(parameters, lr=0.01)
        elif self.name == "cnn":
            optimizer = torch.optim.Adam(parameters, lr=1e-3)
        else:
            optimizer = torch.optim.AdamW(parameters, lr=1e-3)
        loss_of = torch.compile(self.loss) if self.variant == "compiled" else self.loss

        def step():
            optimizer.zero_grad(set_to_none=True)
            loss = loss_of(model, x, labels)
            loss.backward()
            optimizer.step()
            return [loss.detach()]

        return step

    def reference(self, inputs, outputs, names):
        """The loss of the first step, for Wengert's weights."""
        x, labels, weights = inputs[0], inputs[1], inputs[2:]
        model = self.model().double()
        model.load_state_dict(dict(zip(names, weights, strict=True)))
        return [self.loss(model, x, labels).detach().reshape(1)]
