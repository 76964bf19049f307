"""What the reports say of the computing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.model import Device
from gpu_trace_analyzers.reports.document import to_document
from gpu_trace_analyzers.reports.text import to_text
from literal import literal

H200 = Device("gpu", 0, "NVIDIA H200", capability=(9, 0), multiprocessors=132)
FFMA = "sm80_xmma_gemm_f32f32_f32f32_f32_ffma"
MM = 'shapes=[[1000,1000],[1000,1000]] types=["c10::BFloat16","c10::BFloat16"]'


def summary(written):
    return Analysis(replace(literal(written), devices=(H200,))).summary


def lines(written):
    return to_text(summary(written), width=200).splitlines()


def first(written):
    return next(line for line in lines(written) if line.startswith("GPU 0"))


def test_the_first_line_says_the_rate_and_its_share_of_the_peak():
    assert first(f"op aten::mm 0-10 {MM}; k 100-4100 @5").endswith(
        "computed for 100.0 % of the time: products in bfloat16 (100.0 % of compute, 500 TFLOP/s, 50.5 % of peak)"
    )


@pytest.mark.parametrize(("end", "named"), [(1_000, True), (999, False)])
def test_what_takes_a_fifth_of_the_compute_time_is_in_it(end, named):
    line = first(f"k 0-{end} name=nvjet_sm90_tst_1; k {end}-5000 name=add")
    assert ("products in bfloat16" in line) == named
    assert "other kernels" in line


def test_other_kernels_are_called_by_the_name_that_takes_most():
    assert first("k 0-600 name=add; k 600-1000 name=mul").endswith("other kernels (100.0 % of compute, 60.0 % in add)")


def test_a_loss_in_the_first_line_leaves_no_room_for_it():
    found = lines(f"k 0-500 name={FFMA}; k 900-1000 name={FFMA}")
    assert not any("products" in line or "tensor cores" in line for line in found)


def test_float32_without_tensor_cores_has_its_fix_and_its_condition():
    found = [line.strip() for line in lines(f"k 0-1000 name={FFMA}")]
    assert "products in float32 leave tensor cores unused for 100.0 % of compute (fix saves up to 864 ns)" in found
    assert 'fix: torch.set_float32_matmul_precision("high"), or autocast, if that accuracy is enough' in found


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("k 0-1000 name=nvjet_sm90_tst_1", True),
        ("k 0-200 name=nvjet_sm90_tst_1; k 200-1000 name=add", True),
        ("k 0-199 name=nvjet_sm90_tst_1; k 199-1000 name=add", False),
        (f"op aten::mm 0-10 {MM}; k 100-4100 @5", False),
    ],
)
def test_without_shapes_it_says_what_to_record(written, said):
    hint = "TFLOP/s not known, because no shapes were recorded; record with --level full"
    assert any(line.strip() == hint for line in lines(written)) == said


def test_a_clock_that_is_held_down_is_said_with_its_reason():
    times = "0-1000000000"
    written = f"""
        k {times} name=add; counter SM_clock {times} 1400 MHz gpu0; counter max_SM_clock {times} 1980 MHz gpu0
        counter throttle_reasons {times} 4 gpu0
    """
    assert "SM clock 1.40 of 1.98 GHz for 100.0 % of compute: power limit" in [line.strip() for line in lines(written)]
    found = to_document(summary(written))["account"]["devices"][0]["low_clock"]
    assert found == {"ns": 10**9, "mean_mhz": 1400.0, "max_mhz": 1980, "reasons": ["power limit"]}
    copying = written.replace(f" k {times}", " k 0-400000000")
    assert not any(
        "SM clock" in line for line in lines(f"{copying}; h2d pageable 400000000-1000000000 @390000000-1000000000")
    )


def test_the_table_is_shown_where_a_rate_is_known():
    shown = lines(f"op aten::mm 0-10 {MM}; k 100-4100 @5; k 4100-5000 name=add")
    (row,) = [line.split() for line in shown if line.startswith("products in bfloat16")]
    assert row == ["products", "in", "bfloat16", "GPU", "0", "1", "4.00", "µs", "500", "50.5", "%"]
    assert not any(line.startswith("compute  ") and "TFLOP/s" in line for line in lines("k 0-1000 name=add"))


def test_programs_get_the_same():
    found = summary(f"op aten::mm 0-10 {MM}; k 100-4100 @5")
    (row,) = to_document(found)["compute"]
    assert row == {
        "device": 0,
        "label": "GPU 0 (NVIDIA H200)",
        "kind": "products",
        "precision": "bfloat16",
        "kernels": 1,
        "busy_ns": 4_000,
        "calls": 1,
        "flops": 2 * 1000**3,
        "tflop_per_s": 500.0,
        "peak_tflop_per_s": 989.4,
        "share_of_peak": pytest.approx(500 / 989.4),
        "mean_clock_mhz": None,
        "peak_at_clock_tflop_per_s": None,
        "share_of_peak_at_clock": None,
    }
    (device,) = to_document(found)["account"]["devices"]
    assert device["compute"] == [{key: value for key, value in row.items() if key not in ("device", "label")}]
    assert device["without_tensor_cores"] is None
    of_float32 = to_document(summary(f"k 0-1000 name={FFMA}"))["account"]["devices"][0]["without_tensor_cores"]
    assert of_float32 == {"ns": 1_000, "at_most_ns": 864, "unknown_kernels": 0}


@pytest.mark.parametrize(
    ("end", "said"),
    [(2000, "100.0 % of compute, 50.0 % in add"), (1500, "100.0 % of compute, 66.7 % in mul")],
)
def test_a_kernel_that_the_window_cuts_takes_at_most_all_of_its_compute(end, said):
    trace = replace(literal("s7 k 1000-9000 name=add; s8 k 0-1000 name=mul"), devices=(H200,))
    told = to_text(Analysis(trace, from_ns=0, to_ns=end).summary, width=200).splitlines()
    assert next(line for line in told if line.startswith("GPU 0")).endswith(f"other kernels ({said})")
