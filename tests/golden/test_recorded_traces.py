"""The recorded H200 traces, against figures that an independent program computed with exact decimals."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from gpu_trace_analyzers.model import Engine
from gpu_trace_analyzers.questions.overlap import active_devices, device_figures
from gpu_trace_analyzers.questions.scope import Scope
from gpu_trace_analyzers.readers import load

TRACES = Path(__file__).parents[2] / "samples/traces"
EXPECTED = json.loads((TRACES / "expected.json").read_text())
ENGINE_KEYS = {"h2d": "copy_h2d", "d2h": "copy_d2h", "p2p": "copy_p2p", "d2d": "copy_d2d", "comm": "collective"}
SAME_NAME = ("compute_ns", "copy_ns", "overlap_ns", "exposed_copy_ns", "overlap_ratio", "span_ns", "idle_ns")


def by_engine(figures):
    return {ENGINE_KEYS.get(key, key): value for key, value in figures.items()}


@pytest.mark.parametrize("name", EXPECTED)
def test_figures_equal_the_independent_ones_to_the_nanosecond(name):
    trace = load(TRACES / name)
    trace.check()
    found = {str(trace.devices[p].index): device_figures(Scope(trace), p) for p in active_devices(trace)}
    assert found.keys() == EXPECTED[name].keys()
    for index, expected in EXPECTED[name].items():
        figures = found[index]
        engines = {engine.key: row for engine, row in figures.engines.items()}
        assert {key: row.busy_ns for key, row in engines.items()} == by_engine(expected["busy_ns"])
        assert {key: row.count for key, row in engines.items()} == by_engine(expected["count"])
        moved = {key: row.size for key, row in engines.items() if row.size and key != "collective"}
        assert moved == by_engine(expected["bytes"])
        assert {key: getattr(figures, key) for key in SAME_NAME} == {key: expected[key] for key in SAME_NAME}
        assert figures.busy_ns == expected["busy_all_ns"]
        assert figures.collective_ns == expected["comm_ns"]
        assert figures.collective_ns - figures.exposed_collective_ns == expected["comm_overlap_ns"]


@pytest.mark.parametrize("name", ["ddp_rank0.json.gz", "ddp_rank1.json.gz"])
def test_the_bytes_of_collectives_are_the_elements_that_pytorch_says(name):
    # The independent program did not read them. Each is a sum of float32 numbers, of four bytes.
    events = json.loads(gzip.decompress((TRACES / name).read_bytes()))["traceEvents"]
    said = [args for event in events if "In msg nelems" in (args := event.get("args", {})) and "stream" in args]
    assert {(args["Collective name"], args["dtype"]) for args in said} == {("allreduce", "Float")}
    figures = device_figures(Scope(load(TRACES / name)), 0)
    assert figures.engines[Engine.COLLECTIVE].size == sum(4 * args["In msg nelems"] for args in said) > 10**9
