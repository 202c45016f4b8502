"""The training steps of bench/gpu/work/step.ts in PyTorch, eager or under torch.compile."""

import torch
import torch.nn.functional as F
from torch import nn

def mlp(row):
    width = row["width"]
    return nn.Sequential(
        nn.Linear(row["features"], width),
        nn.ReLU(),
        nn.Linear(width, width),
        nn.ReLU(),
        nn.Linear(width, row["classes"]),
    )


def cnn(row):
    filters, width = row["filters"], row["width"]
    left = ((row["image"] - 2) // 2 - 2) // 2
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
        nn.Linear(width, row["classes"]),
    )


class Gpt(nn.Module):
    def __init__(self, row):
        super().__init__()
        width, heads, tokens = row["width"], row["heads"], row["tokens"]
        self.tokens = nn.Embedding(row["classes"], width)
        self.positions = nn.Embedding(tokens, width)
        options = {"dropout": 0.0, "activation": "gelu", "batch_first": True, "norm_first": True}
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(width, heads, 4 * width, **options) for _ in range(row["layers"])
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
    """One step of training."""

    clock = "stream"
    calls = None

    def __init__(self, row, variant):
        self.row = row
        self.variant = variant

    def model(self):
        return {"mlp": mlp, "cnn": cnn, "gpt": Gpt}[self.row["model"]](self.row)

    def loss(self, model, x, labels):
        return F.cross_entropy(model(x).flatten(0, -2), labels)

    def make(self, device):
        row = self.row
        classes = row["classes"]
        if row["model"] == "gpt":
            text = (row["batch"], row["tokens"])
            x = torch.randint(classes, text, device=device)
            labels = torch.randint(classes, text, device=device).flatten()
        else:
            shape = (row["features"],) if row["model"] == "mlp" else (1, row["image"], row["image"])
            x = torch.randn(row["batch"], *shape, device=device)
            labels = torch.randint(classes, (row["batch"],), device=device)
        return x, labels, self.model().to(device)

    def prepare(self, operands):
        x, labels, model = operands
        parameters = model.parameters()
        if self.row["model"] == "mlp":
            optimizer = torch.optim.SGD(parameters, lr=0.01)
        elif self.row["model"] == "cnn":
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
        """The losses of the first two steps, for Wengert's weights."""
        x, labels, weights = inputs[0], inputs[1], inputs[2:]
        model = self.model().double()
        model.load_state_dict(dict(zip(names, weights, strict=True)))
        step = self.prepare([x, labels, model])
        return [torch.stack([step()[0], step()[0]])]
