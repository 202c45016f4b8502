"""The model of examples/char-gpt.ts in PyTorch, trained over given batches from given weights.

    python3 bench/peers/char_gpt_torch.py TEXT FOLDER

FOLDER has weights.safetensors and plan.json, as scripts/char-gpt-compare.ts writes them; run.json is added.
"""

import json
import pathlib
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn


class GPT(nn.Module):
    def __init__(self, vocabulary, layers, width, heads, context):
        super().__init__()
        self.tokens = nn.Embedding(vocabulary, width)
        self.positions = nn.Embedding(context, width)
        self.layers = nn.ModuleList(
            nn.TransformerEncoderLayer(
                width, heads, 4 * width, dropout=0.0, activation="gelu", batch_first=True, norm_first=True
            )
            for _ in range(layers)
        )
        self.norm = nn.LayerNorm(width)

    def forward(self, index):
        length = index.shape[1]
        x = self.tokens(index) + self.positions(torch.arange(length))
        mask = nn.Transformer.generate_square_subsequent_mask(length, dtype=x.dtype)
        for layer in self.layers:
            x = layer(x, src_mask=mask, is_causal=True)
        return F.linear(self.norm(x), self.tokens.weight)


def encode(text):
    number = {character: i for i, character in enumerate(sorted(set(text)))}
    return torch.tensor([number[character] for character in text])


def loss_of(model, tokens, starts, context):
    """The mean cross entropy of the stretches of `context` tokens that begin at `starts`."""
    x = torch.stack([tokens[start : start + context] for start in starts])
    y = torch.stack([tokens[start + 1 : start + context + 1] for start in starts])
    return F.cross_entropy(model(x).flatten(0, 1), y.flatten())


def train(model, tokens, plan):
    """The losses of all steps, each before it, the seconds of processor time of each, and the held-out loss."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=plan["lr"])
    losses, seconds = [], []
    for starts in plan["train"]:
        begun = time.process_time()
        optimizer.zero_grad()
        loss = loss_of(model, tokens, starts, plan["context"])
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        seconds.append(time.process_time() - begun)
    with torch.no_grad():
        validation = sum(loss_of(model, tokens, [start], plan["context"]).item() for start in plan["validation"])
    return {"losses": losses, "seconds": seconds, "validation": validation / len(plan["validation"])}


def main():
    from safetensors.torch import load_file

    text, folder = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    plan = json.loads((folder / "plan.json").read_text())
    characters = text.read_text(encoding="utf-8")
    sizes = {name: plan[name] for name in ["layers", "width", "heads", "context"]}
    model = GPT(len(set(characters)), **sizes)
    model.load_state_dict(load_file(folder / "weights.safetensors"))
    (folder / "run.json").write_text(json.dumps(train(model, encode(characters), plan)))


if __name__ == "__main__":
    main()
