"""PyTorch's side of the GPU benchmark, driven by bench/gpu/peer.ts: a request is a line of JSON on standard input, the
answer a line on standard output. bench/peers/torch_work.py makes the work of a row.

A request {"hello": true} is answered with versions and settings. A request with a row is answered with the times of
its variants, the math mode, and, where it brings a sample, how far Wengert's results are from those of the same work
in float64 on the CPU.
"""

import json
import math
import os
import statistics
import sys
import time

# Other output goes to standard error: standard output is for answers alone.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

try:
    import numpy
    import torch

    import torch_work
except ImportError as error:
    answers.write(json.dumps({"error": f"{sys.executable} has no PyTorch: {error}"}) + "\n")
    answers.flush()
    sys.exit(1)

CUDA = torch.cuda.is_available()
DEVICE = "cuda" if CUDA else "cpu"

# ||ours - reference|| / ||reference|| by what results are rounded to: float32 sums of up to 10^5 terms, tf32 operands
# (2^-11 each), one rounding to bfloat16 (2^-9) or float16 (2^-12) and sums of a few rounded terms.
ALLOWED = {"ieee": 2e-5, "tf32": 1e-3, "bf16": 5e-3, "f16": 6e-4}


def mode_of(row):
    return {"bfloat16": "bf16", "float16": "f16"}.get(row.get("dtype"), row.get("mode", "ieee"))


def use_mode(row):
    torch.backends.cuda.matmul.allow_tf32 = mode_of(row) == "tf32"
    torch.backends.cudnn.allow_tf32 = mode_of(row) == "tf32"


def hello():
    torch.backends.nnpack.set_flags(False)  # it warns of processors that it does not know
    torch.backends.cudnn.benchmark = True
    torch.backends.cudnn.benchmark_limit = 4
    return {
        "torch": torch.__version__,
        "cuda": torch.version.cuda,
        "device": torch.cuda.get_device_name() if CUDA else "cpu",
        "settings": "cudnn.benchmark on (limit 4); bf16 products may reduce in bf16 (PyTorch's default); "
        "f32 products as the row says",
    }


class Rotation:
    """Runs work on sets of operands, one after the other, and keeps as many results as there are sets."""

    def __init__(self, runs):
        self.runs = runs
        self.kept = [None] * len(runs)
        self.next = 0

    def run(self, calls):
        for _ in range(calls):
            at = self.next % len(self.runs)
            self.kept[at] = self.runs[at]()
            self.next += 1


def synchronize():
    if CUDA:
        torch.cuda.synchronize()


def on_device(rotation, calls):
    """Microseconds between two events of the stream; on the CPU, of the host's clock."""
    if not CUDA:
        return on_host(rotation, calls)
    start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    start.record()
    rotation.run(calls)
    end.record()
    end.synchronize()
    return start.elapsed_time(end) * 1000


def on_host(rotation, calls):
    synchronize()
    start = time.perf_counter()
    rotation.run(calls)
    return (time.perf_counter() - start) * 1e6


def measure(work, rotation, effort):
    """As bench/gpu/measure.ts does it."""
    timed = on_host if work.clock == "host" else on_device
    timed(rotation, 2)
    one = timed(rotation, 2) / 2
    calls = work.calls or max(1, min(200, math.ceil(effort["round"] / max(0.1, one))))
    first = timed(rotation, calls)
    rounds = min(15, max(2, int(effort["total"] / max(first, 1e-3))))
    times = sorted(t / calls for t in [first] + [timed(rotation, calls) for _ in range(rounds)])
    lower, _, upper = statistics.quantiles(times, n=4, method="inclusive")
    return {"median": statistics.median(times), "quartiles": [lower, upper], "rounds": len(times), "calls": calls}


def time_variant(row, variant, effort):
    work = torch_work.work_of(row, variant)
    count = 2 if row.get("small") else min(64, max(1, math.ceil(2**27 / max(1, work.bytes))))
    runs = [work.prepare(work.make(DEVICE)) for _ in range(count)]
    return measure(work, Rotation(runs), effort)


def read(array):
    values = numpy.fromfile(array["file"], dtype=array["dtype"]).reshape(array["shape"])
    tensor = torch.from_numpy(values)
    return tensor.double() if array["dtype"] == "float32" else tensor.long()


def difference(row, sample):
    """Compares Wengert's results with the same work in float64."""
    inputs = [read(array) for array in sample["inputs"]]
    outputs = [read(array) for array in sample["outputs"]]
    work = torch_work.work_of(row, "reference")
    references = work.reference(inputs, outputs, sample["names"])
    if len(references) != len(outputs):
        raise ValueError(f"{len(outputs)} results, PyTorch has {len(references)}")
    allowed = ALLOWED[mode_of(row)]
    error = worst = 0.0
    for ours, reference in zip(outputs, references):
        if ours.shape != reference.shape:
            raise ValueError(f"a result is {list(ours.shape)}, PyTorch's is {list(reference.shape)}")
        off = (ours - reference).abs()
        scale = reference.norm() / math.sqrt(max(1, reference.numel()))
        relative = (off.norm() / reference.norm().clamp(min=1e-300)).item()
        each = (off / (allowed * (4 * reference.abs() + 8 * scale)).clamp(min=1e-300)).max().item()
        # NaN is larger than anything.
        error = relative if not relative <= error else error
        worst = each if not each <= worst else worst
    finite = math.isfinite(error) and math.isfinite(worst)
    return {"error": error if finite else 1e300, "worst": worst if finite else 1e300, "allowed": allowed}


def attempt(run):
    try:
        return run()
    except Exception as error:  # noqa: BLE001 - whatever it was is the answer
        return {"error": f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"}
    finally:
        if CUDA:
            torch.cuda.empty_cache()


def answer(request):
    if request.get("hello"):
        return hello()
    row = request["row"]
    use_mode(row)
    if row.get("small"):
        torch.set_num_threads(1)  # tiny sizes, perhaps on a machine that has other things to do
    # Compared first: a row may be cut off while it is timed.
    found = attempt(lambda: difference(row, request["sample"])) if request["sample"] else None
    timings = {v: attempt(lambda: time_variant(row, v, request["effort"])) for v in request["variants"]}
    return {"timings": timings, "mode": mode_of(row), "difference": found}


for line in sys.stdin:
    result = attempt(lambda: answer(json.loads(line)))
    answers.write(json.dumps(result) + "\n")
    answers.flush()
