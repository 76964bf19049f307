from __future__ import annotations

from dataclasses import replace

import pytest

from gpu_trace.exporting.perfetto import export_perfetto
from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.readers import load
from gpu_trace_analyzers.vocabulary.perfetto import EXPOSED
from literal import literal
from perfetto_decoding import decode
from what_ifs import MS, abstained, answered, before, in_ms

DERIVED = ("account", "finding", "prediction")


def predicted(decoded):
    """Of each track of the device that is predicted, the times of its slices in ms, in the order of the tracks."""
    found = {}
    for row in decoded.slices:
        if row.args["category"] == "prediction":
            found.setdefault(row.track, []).append((row.start_ns // MS, row.end_ns // MS))
    return found


@pytest.fixture
def written(tmp_path):
    def write(trace, found):
        export_perfetto(Analysis(trace), tmp_path / "out.pftrace", what_if=found)
        return tmp_path / "out.pftrace"

    return write


def test_the_schedule_has_a_track_per_engine_and_one_of_the_critical_path(written):
    assert predicted(decode(written(before(), answered()))) == {
        ("GPU 0", "Predicted: Compute"): [(10, 40), (40, 70), (70, 100)],
        ("GPU 0", "Predicted: Copy device to host"): [(40, 50), (70, 80), (100, 110)],
        ("GPU 0", "Predicted: critical path"): [(10, 40), (40, 70), (70, 100), (100, 110)],
    }


def test_it_moves_with_the_clock_of_the_export(written):
    trace = before()
    trace = replace(trace, calls=replace(trace.calls, start_ns=trace.calls.start_ns - 100 * MS))
    ((first, *_), *_) = predicted(decode(written(trace, answered()))).values()
    assert first == (10 + 99, 40 + 99)


def test_each_device_has_its_own_part(written):
    trace = in_ms(
        literal("""
        k 10-40; gpu1 k 40-70; k 70-100; gpu1 s7 d2h 100-110; d2h 110-120; gpu1 k 120-130
    """)
    )
    tracks = predicted(decode(written(trace, answered())))
    assert {name for name, _ in tracks} == {"GPU 0", "GPU 1"}
    assert tracks["GPU 1", "GPU 1 · Predicted: Compute"] == [(40, 70), (100, 110)]


def test_without_an_answer_there_are_no_such_tracks(written):
    assert predicted(decode(written(before(), abstained()))) == {}


def test_what_is_predicted_is_not_read_as_recorded(written):
    path = written(before(), answered())
    again = load(path)
    assert len(again.work) == 6
    derived = [row for row in decode(path).slices if row.args["category"] in DERIVED or row.track[-1] == EXPOSED]
    ((reason, count),) = again.source.dropped.items()
    assert reason == "accounts, findings, exposed copies and predictions, which gpu-trace added"
    assert count == len(derived)
