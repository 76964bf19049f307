"""The trace that is made of records in memory is the one that a reader makes of the file."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace.cupti_recording.records import LAUNCH, NO_STREAM, RECORD, ActivityKind, RecordedActivities
from gpu_trace.cupti_recording.slices import RecordedProcess
from gpu_trace.nvtx_recording.records import EVENT, EventKind, ProcessRanges, Texts
from gpu_trace.recording import assemble
from gpu_trace.recording.kineto_text import KinetoText
from gpu_trace.recording.process_trace import ProcessTrace
from gpu_trace.recording.sessions import Recorded, Session
from gpu_trace.stack_sampling.trial import sampler_knows_this_python
from gpu_trace_analyzers.engines import default_rules
from gpu_trace_analyzers.model import MISSING
from gpu_trace_analyzers.readers import load
from tests.equal_traces import assert_equal

ROOT = Path(__file__).parents[4]
BASE_NS = 1_790_857_026_000_000_000
PID = 4242
HEAD = (
    b'{"schemaVersion": 1, "deviceProperties": [{"id": 0, "name": "NVIDIA H200", "numSms": 132}], '
    b'"baseTimeNanoseconds": %d,\n' % BASE_NS
)
NAMES = {1: 'void f<"x">(\\)', 2: "ncclDevKernel_AllReduce", 3: "cudaLaunchKernel_v7000", 4: "cuLaunchKernel"}
COLLECTIVE = '"Collective name": "AllReduce", "Process Group Name": "0x1", "Process Group Ranks": [0, 1], "bytes": 64'


def assert_same_in_memory(trace):
    trace.write()
    assert_equal(trace.in_memory(default_rules()), load(trace.path, operators=True))


class Folder:
    def __init__(self, path, raw):
        self.path, self.raw = path, raw


@pytest.mark.parametrize(("name", "pid"), [("whole", 435), ("killed", 503)])
def test_of_recordings_of_an_h200(name, pid, tmp_path):
    raw = ROOT / "tests/golden/recordings" / name
    [trace] = assemble.traces(Folder(tmp_path, raw), assemble.left_by(raw, pid))
    assert_same_in_memory(trace)


def test_of_a_training_run_with_stacks(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / "scripts")
    import drawn_recording

    (tmp_path / "raw").mkdir()
    pid = drawn_recording.write(tmp_path / "raw", 3000)
    [trace] = assemble.traces(Folder(tmp_path, tmp_path / "raw"), assemble.left_by(tmp_path / "raw", pid))
    assert_same_in_memory(trace)
    made = trace.in_memory(default_rules())
    assert (len(made.work), len(made.syncs)) == (5 * 302, 10)
    assert len(made.samples) > 10 or not sampler_knows_this_python()


def record(kind, start, length, **fields):
    made = np.zeros(1, RECORD)
    made["kind"] = kind
    if kind != ActivityKind.CUDA_EVENT:
        made["start_ns"], made["end_ns"] = BASE_NS + start, BASE_NS + start + length
    for name, value in fields.items():
        made[name] = np.frombuffer(LAUNCH.pack(*value), "V32") if name == "launch" else value
    return made.view(f"V{RECORD.itemsize}")


SMALL = st.integers(0, 3)
TIMES = {"start": st.integers(-50, 3000), "length": st.integers(0, 900)}
IDS = TIMES | {"correlation": st.integers(0, 8)}
OF_WORK = IDS | {"device": st.integers(0, 1), "context": st.integers(1, 2), "stream": st.sampled_from([7, 13])}
OF_GRAPH = OF_WORK | {"graph": st.sampled_from([0, 0, 5]), "graph_node": st.sampled_from([0, 1 << 40])}
LAUNCHES = st.sampled_from([(4, 2, 3, 33, 1, 1, 40, 1024), (1, 1, 1, 32, 1, 1, 8, 0)])
EVENTS = {"event": st.integers(1, 2), "context": st.integers(1, 3), "stream": st.sampled_from([7, 13, NO_STREAM])}
BYTES = st.sampled_from([0, 10, 1 << 40, (1 << 63) + 1])
COPY = {"bytes": BYTES, "copy_kind": st.integers(0, 10), "source": SMALL, "target": SMALL}


def drawn(kind, fields):
    return st.fixed_dictionaries(fields).map(lambda values: record(kind, **values))


RECORDS = st.one_of(
    drawn(ActivityKind.CONCURRENT_KERNEL, OF_GRAPH | {"name": SMALL, "launch": LAUNCHES}),
    drawn(ActivityKind.MEMCPY, OF_GRAPH | COPY),
    drawn(ActivityKind.MEMCPY2, OF_WORK | COPY | {"from_device": st.just(0), "to_device": st.integers(0, 1)}),
    drawn(ActivityKind.MEMSET, OF_GRAPH | {"bytes": BYTES, "target": SMALL}),
    drawn(ActivityKind.RUNTIME, IDS | {"name": SMALL, "thread": st.sampled_from([PID, 71]), "returned": SMALL}),
    drawn(ActivityKind.DRIVER, IDS | {"name": st.just(4), "thread": st.sampled_from([PID, 71])}),
    drawn(ActivityKind.SYNCHRONIZATION, IDS | EVENTS | {"type": st.integers(0, 5)}),
    drawn(ActivityKind.CUDA_EVENT, IDS | EVENTS),
    drawn(ActivityKind.OVERHEAD, TIMES | {"type": st.sampled_from([1, 6 << 16])}),
)


def annotation(start, length, thread):
    return (
        f'{{"ph": "X", "cat": "user_annotation", "name": "a", "pid": {PID}, "tid": {thread}, '
        f'"ts": {start}.000, "dur": {length}.000, "args": {{"External id": 1}}}}'
    )


ANNOTATIONS = st.lists(st.builds(annotation, st.integers(0, 3), st.integers(0, 2), st.sampled_from([PID, 72])))


@st.composite
def sessions(draw, raised=0):
    records = draw(st.lists(RECORDS, max_size=12))
    text = KinetoText(HEAD, ",\n".join(draw(ANNOTATIONS)).encode())
    if not records:
        return Session(text)
    whole = np.concatenate(records).view(RECORD)
    activities = RecordedActivities(whole, NAMES, {PID: "python3"})
    more = dict.fromkeys(draw(st.sets(st.integers(1, 8), max_size=2)), COLLECTIVE)
    return Session(text, Recorded(activities, RecordedProcess(PID, BASE_NS, {0: 132}, raised), more))


@st.composite
def ranges(draw, pid):
    """NVTX ranges of any kind: of a thread, of the process, marks; in the order of their starts."""
    times = sorted(draw(st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 900)), max_size=6)))
    times.sort(key=lambda pair: (pair[0], -pair[1]))
    opening = np.zeros(len(times), EVENT)
    for row, (start, _) in enumerate(times):
        opening[row]["at_ns"], opening[row]["thread"] = BASE_NS + start, draw(st.sampled_from([pid, 73]))
        opening[row]["kind"] = draw(st.sampled_from([EventKind.PUSH, EventKind.START]))
        for field in ("name", "domain", "category", "has_color", "payload_type"):
            opening[row][field] = draw(st.integers(0, 2))
        opening[row]["color"] = draw(st.sampled_from([0, 0xFF00FF, 0xFFFFFFFF]))
        opening[row]["payload"] = draw(st.integers(0, 5))
    end_ns = np.array([BASE_NS + start + length for start, length in times], dtype=np.int64)
    texts = Texts({1: "step", 2: "NVTX"}, {(1, 1): "kind", (2, 2): ""}, {pid: "python3"})
    return ProcessRanges(pid, opening, end_ns, np.ones(len(times), bool), texts, 0)


@pytest.mark.slow
@given(sessions(), sessions(raised=20), ranges(PID), st.none() | ranges(PID + 1))
def test_of_any_records_and_ranges(first, second, own, of_a_guest):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trace.json.gz"
        programs = [own, *([of_a_guest] if of_a_guest else [])]
        trace = ProcessTrace(path, PID, BASE_NS, HEAD, [first, second], programs, [])
        assert_same_in_memory(trace)


def test_of_a_process_that_only_kineto_recorded(tmp_path):
    text = KinetoText(HEAD, annotation(1, 2, PID).encode())
    assert_same_in_memory(ProcessTrace(tmp_path / "trace.json.gz", PID, BASE_NS, HEAD, [Session(text)], [], []))


def test_a_collective_has_what_its_call_said(tmp_path):
    call = record(ActivityKind.RUNTIME, 0, 5, correlation=3, thread=PID, name=3)
    kernel = record(ActivityKind.CONCURRENT_KERNEL, 10, 5, correlation=3, name=1, launch=(1, 1, 1, 32, 1, 1, 8, 0))
    activities = RecordedActivities(np.concatenate((call, kernel)).view(RECORD), NAMES)
    recorded = Recorded(activities, RecordedProcess(PID, BASE_NS, {}, 0), {3: COLLECTIVE})
    sessions = [Session(KinetoText(HEAD, b""), recorded)]
    trace = ProcessTrace(tmp_path / "trace.json.gz", PID, BASE_NS, HEAD, sessions, [], [])
    made = trace.in_memory(default_rules())
    assert [(made.text(code), size) for code, size in zip(made.work.group, made.work.size, strict=True)] == [
        ("0x1 [0, 1]", 64)
    ]
    assert made.source.dropped["flow arrows"] == 2
    assert MISSING not in made.work.correlation
    assert json.loads(made.text(int(made.work.grid[0]))) == [1, 1, 1]
