"""Files made by Hugging Face's safetensors and what is in them: writes safetensors-files.json beside this file.

Needs PyTorch and the package safetensors.
"""

import json
import pathlib

import torch
from safetensors.torch import save

own = {
    "weight": torch.tensor([[1.5, -2.25], [float("inf"), -0.0]]),
    "double": torch.tensor(0.1, dtype=torch.float64),
    "half": torch.tensor([65504.0, 2**-24, -1.0], dtype=torch.float16),
    "brain": torch.tensor([3.140625, -(2.0**100)], dtype=torch.bfloat16),
    "index": torch.tensor([-(2**31), 2**31 - 1], dtype=torch.int32),
    "pixels": torch.tensor([[0, 255]], dtype=torch.uint8),
    "mask": torch.tensor([True, False, True]),
    "empty": torch.zeros(0, 3),
    'ünï "code"\n': torch.tensor([7.0]),
}
wider = {
    "I64": torch.tensor([-5, 2**31 - 1]),
    "I16": torch.tensor([-300], dtype=torch.int16),
    "I8": torch.tensor([-128, 127], dtype=torch.int8),
}
too_large = {"steps": torch.tensor([0, 2**31])}
unknown = {"z": torch.zeros(1, dtype=torch.complex64)}


def record(tensors, metadata=None):
    values = {
        name: {
            "dtype": str(value.dtype).removeprefix("torch."),
            "shape": list(value.shape),
            "values": [str(x) for x in value.to(torch.float64).flatten().tolist()] if not value.is_complex() else [],
        }
        for name, value in tensors.items()
    }
    return {"hex": save(tensors, metadata).hex(), "tensors": values}


files = {
    "own": record(own, {"format": "pt"}),
    "wider": record(wider),
    "tooLarge": record(too_large),
    "unknown": record(unknown),
}
lines = [f"{json.dumps(key)}: {json.dumps(value, separators=(',', ':'))}" for key, value in files.items()]
(pathlib.Path(__file__).parent / "safetensors-files.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
print(f"safetensors: {len(files)} files, PyTorch {torch.__version__}")
