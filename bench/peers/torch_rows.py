"""PyTorch's side of the GPU benchmark, driven by bench/gpu/peer.ts: a request is a line of JSON on standard input, the
answer a line on standard output. bench/peers/torch_work.py makes the work of a row.

A request {"hello": true} is answered with versions and settings. A request with a row is answered with the times of
its variants, the math mode, and, if it brings a sample, how far Wengert's results are from those of the same work in
float64 on the CPU.
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
    import torch

    import torch_base
    import torch_work
except ImportError as error:
    answers.write(json.dumps({"error": f"{sys.executable}: {error}"}) + "\n")
    answers.flush()
    sys.exit(1)

torch.backends.nnpack.set_flags(False)  # it warns of processors that it does not know
torch.backends.cudnn.benchmark = True
torch.backends.cudnn.benchmark_limit = 4

CUDA = torch.cuda.is_available()
DEVICE = "cuda" if CUDA else "cpu"

# Limits of errors, by the mode: of ||ours - reference|| / ||reference||; and of an element, as a part of its own size and
# as a part of the root mean square of all. float32 sums have up to 10^5 terms. tf32 rounds each operand (2^-12). Results
# in bfloat16 are rounded once (2^-9), those in float16 too (2^-12).
EXACT = {
    "ieee": (2e-5, 1e-6, 1e-4),
    "tf32": (6e-4, 1e-6, 4e-3),
    "bf16": (2.5e-3, 4.2e-3, 1e-3),
    "f16": (3e-4, 5.2e-4, 1e-4),
}
# Ops that round what they compute on the way as well: probabilities, saved results, statistics.
ROUNDING = {"ieee": (2e-5, 1e-6, 1e-4), "bf16": (5e-3, 8e-3, 2e-2), "f16": (6e-4, 1e-3, 2e-3)}
ROUNDING_OPS = {"softmax", "layerNorm", "rmsNorm", "crossEntropy", "attention", "embedding", "sum"}
# The change of parameters near 1 in three steps of 1e-3, each rounded to float32.
ADAMW = (3e-4, 1e-6, 1e-3)


def mode_of(row):
    return {"bfloat16": "bf16", "float16": "f16"}.get(row.get("dtype"), row.get("mode", "ieee"))


def limits_of(row):
    if row["op"] == "adamW":
        return ADAMW
    return (ROUNDING if row["op"] in ROUNDING_OPS else EXACT)[mode_of(row)]


def use_mode(row):
    torch.backends.cuda.matmul.allow_tf32 = mode_of(row) == "tf32"
    torch.backends.cudnn.allow_tf32 = mode_of(row) == "tf32"


def math_mode(row):
    """PyTorch's own settings: what it was told may not be what it does."""
    if mode_of(row) in ("bf16", "f16"):
        return mode_of(row)
    tf32 = torch.backends.cudnn.allow_tf32 if row["op"] == "conv" else torch.backends.cuda.matmul.allow_tf32
    return "tf32" if tf32 else "ieee"


def hello():
    cudnn = torch.backends.cudnn.version() if CUDA else None
    return {
        "torch": torch.__version__,
        "cuda": torch.version.cuda,
        "device": torch.cuda.get_device_name() if CUDA else "cpu",
        "settings": f"cuDNN {cudnn}, cudnn.benchmark {torch.backends.cudnn.benchmark}; bf16 products may reduce in bf16 (PyTorch's default); "
        "float32 products as the row says",
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


def on_stream(rotation, calls, busy=0):
    """Microseconds between two events of the stream; the device is kept busy for `busy` microseconds before."""
    if not CUDA:
        return on_host(rotation, calls)
    start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
    if busy > 0:
        torch.cuda._sleep(int(busy * 2000))  # cycles at 2 GHz, about an H100's clock; `busy` has time to spare
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
    timed = on_host if work.clock == "host" else on_stream
    timed(rotation, 2)
    host = 1.5 * on_host(rotation, 4) / 4
    synchronize()
    if work.clock == "device" and effort["filler"]:
        timed = lambda rotation, calls: on_stream(rotation, calls, min(20_000, calls * host))  # noqa: E731
    one = timed(rotation, 2) / 2
    calls = work.calls or max(1, min(100, math.ceil(effort["round"] / max(0.1, one))))
    first = timed(rotation, calls)
    rounds = min(15, max(2, int(effort["total"] / max(first, 1e-3))))
    times = sorted(t / calls for t in [first] + [timed(rotation, calls) for _ in range(rounds)])
    lower, _, upper = statistics.quantiles(times, n=4, method="inclusive")
    return {"median": statistics.median(times), "quartiles": [lower, upper], "rounds": len(times), "calls": calls}


def time_variant(row, variant, request):
    work = torch_work.work_of(row, variant)
    runs = [work.prepare(work.make(DEVICE)) for _ in range(request["sets"])]
    return measure(work, Rotation(runs), request["effort"])


def read(array):
    dtype = {"float32": torch.float32, "int32": torch.int32}[array["dtype"]]
    with open(array["file"], "rb") as file:
        data = bytearray(file.read())
    flat = torch.frombuffer(data, dtype=dtype) if data else torch.empty(0, dtype=dtype)
    tensor = flat.reshape(array["shape"])
    return tensor.double() if dtype == torch.float32 else tensor.long()


def difference(row, sample):
    """Compares Wengert's results with the same work in float64."""
    inputs = [read(array) for array in sample["inputs"]]
    outputs = [read(array) for array in sample["outputs"]]
    work = torch_work.work_of(row, "reference")
    references = work.reference(inputs, outputs, sample["names"])
    if len(references) != len(outputs):
        raise torch_base.Wrong(f"{len(outputs)} results, PyTorch has {len(references)}")
    allowed, part_of_element, part_of_all = limits_of(row)
    error = worst = 0.0
    for ours, reference in zip(outputs, references):
        if ours.shape != reference.shape:
            raise torch_base.Wrong(f"a result is {list(ours.shape)}, PyTorch's is {list(reference.shape)}")
        off = (ours - reference).abs()
        scale = reference.norm() / math.sqrt(max(1, reference.numel()))
        relative = (off.norm() / reference.norm().clamp(min=1e-300)).item()
        each = (off / (part_of_element * reference.abs() + part_of_all * scale).clamp(min=1e-300)).max().item()
        # NaN is larger than anything.
        error = relative if not relative <= error else error
        worst = each if not each <= worst else worst
    # JSON has no NaN.
    error, worst = (x if math.isfinite(x) else 1e300 for x in (error, worst))
    return {"relativeError": error, "worst": worst, "allowed": allowed}


def describe(error):
    lines = str(error).splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else ''}"


broken = False


def attempt(run):
    """The result of `run`, or its error. After a CUDA error this process must be replaced."""
    global broken
    try:
        return run()
    except torch_base.Wrong as error:
        return {"error": describe(error), "wrong": True}
    except Exception as error:  # noqa: BLE001 - any error is the answer
        broken = broken or "CUDA error" in str(error)
        return {"error": describe(error), "wrong": False}
    finally:
        if CUDA and not broken:
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
    timings = {v: attempt(lambda: time_variant(row, v, request)) for v in request["variants"]}
    return {"timings": timings, "mode": math_mode(row), "difference": found}


for line in sys.stdin:
    result = attempt(lambda: answer(json.loads(line)))
    answers.write(json.dumps({**result, "ending": broken}) + "\n")
    answers.flush()
    if broken:
        sys.exit(1)
