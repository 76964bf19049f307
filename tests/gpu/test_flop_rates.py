"""TFLOP/s of a GPU against CUDA events, and its clocks by NVML: pytest -m gpu tests/gpu/test_flop_rates.py"""

from __future__ import annotations

import json
import subprocess

import pytest

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.questions.compute.kernels import Kind, Precision
from gpu_trace_analyzers.readers import load
from native import run_traced, script, write_files

pytestmark = pytest.mark.gpu

SCRIPT = """
import json, sys, time, torch
import torch.nn.functional as F

what, times = sys.argv[1], int(sys.argv[2])
torch.backends.cuda.matmul.allow_tf32 = what.endswith("tf32")
torch.backends.cudnn.allow_tf32 = what.endswith("tf32")
dtype = torch.float32 if "32" in what else torch.float16 if "half" in what else torch.bfloat16
make = lambda *shape: torch.randn(*shape, device="cuda", dtype=dtype)

if what.startswith("product"):
    a, b = make(8192, 8192), make(8192, 8192)
    flops, work = 2 * 8192**3, lambda: a @ b
elif what.startswith("attention"):
    q, k, v = (make(8, 16, 4096, 64) for _ in range(3))
    causal = "causal" in what
    pairs = 4096 * 4097 // 2 if causal else 4096**2
    flops, work = 2 * 8 * 16 * pairs * 128, lambda: F.scaled_dot_product_attention(q, k, v, is_causal=causal)
else:
    x = make(64, 256, 56, 56).to(memory_format=torch.channels_last)
    w = make(256, 256, 3, 3).to(memory_format=torch.channels_last)
    flops, work = 2 * 64 * 56 * 56 * 256 * 256 * 9, lambda: F.conv2d(x, w, padding=1)

with torch.no_grad():
    for _ in range(3):
        work()
    torch.cuda.synchronize()
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    with torch.profiler.record_function("timed"):
        torch.cuda._sleep(20_000_000)  # so that the host is ahead, and the products follow one another
        begin.record()
        for _ in range(times):
            work()
        end.record()
    torch.cuda.synchronize()
json.dump(times * flops / (begin.elapsed_time(end) * 1e-3) / 1e12, open("rate.json", "w"))
"""


def recorded(folder, what: str, times: int, *options: str):
    """The row of what was timed, and the TFLOP/s by CUDA events."""
    case = script(SCRIPT, command=("script.py", what, str(times)))
    write_files(case, folder)
    outcome = run_traced(case, folder, folder / "run", *options)
    assert outcome.code == 0, outcome.stderr
    trace = load(folder / "run" / "trace.json.gz")
    rows = Analysis(trace).compute_of(0)
    measured = json.loads((folder / "rate.json").read_text())
    for row in rows:
        print(what, row, row.tflop_per_s, row.share_of_peak, row.share_of_peak_at_clock, "events:", measured)
    return trace, rows, measured


@pytest.mark.parametrize(
    ("what", "times", "kind", "precision"),
    [
        ("product bfloat16", 100, Kind.PRODUCT, Precision.BFLOAT16),
        ("product half", 100, Kind.PRODUCT, Precision.FLOAT16),
        ("product tf32", 60, Kind.PRODUCT, Precision.TF32),
        ("product float32", 20, Kind.PRODUCT, Precision.FLOAT32),
        ("attention bfloat16", 100, Kind.ATTENTION, Precision.BFLOAT16),
        ("attention causal bfloat16", 100, Kind.ATTENTION, Precision.BFLOAT16),
        ("convolution bfloat16", 100, Kind.CONVOLUTION, Precision.BFLOAT16),
        ("convolution tf32", 60, Kind.CONVOLUTION, Precision.TF32),
    ],
)
def test_rates_are_those_that_cuda_events_measure(what, times, kind, precision, tmp_path):
    _, rows, measured = recorded(tmp_path, what, times, "--level", "full")
    (row,) = [row for row in rows if row.flops is not None]
    assert (row.kind, row.precision, row.calls) == (kind, precision, times + 3)
    assert row.tflop_per_s == pytest.approx(measured, rel=0.02 if kind is Kind.PRODUCT else 0.1)
    assert row.share_of_peak is None or 0 < row.share_of_peak < 1


def first_timed_ns(trace) -> int:
    """When the first product behind the three of warm-up began, counted from the first operation."""
    products = ["gemm" in trace.text(code) for code in trace.work.name.tolist()]
    return int(trace.work.start_ns[products][3] - trace.work.start_ns[0])


@pytest.mark.parametrize(("what", "said"), [("product float32", True), ("product tf32", False)])
def test_float32_without_tensor_cores_is_told_by_names_alone(what, said, tmp_path):
    trace, rows, _ = recorded(tmp_path, what, 20)
    assert all(row.flops is None for row in rows)
    (answer,) = Analysis(trace, from_ns=first_timed_ns(trace)).summary.answers
    assert bool(answer.without_tensor_cores) == said


def test_clocks_are_those_of_nvidia_smi_while_it_computes(tmp_path):
    pytest.importorskip("pynvml")
    trace, rows, _ = recorded(tmp_path, "product bfloat16", 2500, "--level", "full")
    counters = trace.counters
    names = {trace.text(code) for code in counters.name.tolist()}
    asked = subprocess.run(
        ["nvidia-smi", "--query-gpu=clocks.max.sm", "--format=csv,noheader,nounits"], capture_output=True, text=True
    )
    for name in sorted(names):
        own = counters[[trace.text(code) == name for code in counters.name.tolist()]]
        print(name, len(own), own.value.min(), own.value.max(), sorted(set(own.value.tolist()))[:20])
    (answer,) = Analysis(trace).summary.answers
    print(answer.low_clock, asked.stdout)
    assert names >= {"SM clock", "max SM clock", "power", "throttle reasons"}
    row = next(row for row in rows if row.flops is not None)
    assert row.mean_clock_mhz is not None
    highest = int(counters.value[[trace.text(code) == "max SM clock" for code in counters.name.tolist()]].max())
    assert asked.returncode or str(highest) in asked.stdout
    assert 0.4 * highest < row.mean_clock_mhz <= highest
    assert row.share_of_peak_at_clock is None or 0.3 < row.share_of_peak_at_clock < 1
