from __future__ import annotations

import gzip
import json
import re
from collections import Counter, defaultdict

import pytest

from gpu_trace.recording import kineto_places
from gpu_trace.recording.kineto_places import placed
from gpu_trace.recording.kineto_text import parse
from gpu_trace_analyzers.readers import load


def whole(texts):
    found, metadata = placed([(text, ()) for text in texts])
    return [b"".join(session.text) for session in found], metadata


def event(category, name, pid, tid, ts, dur, args=None):
    """As Kineto lays it out."""
    return (
        f'  {{\n    "ph": "X", "cat": "{category}", "name": {json.dumps(name)}, "pid": {json.dumps(pid)},'
        f' "tid": {json.dumps(tid)},\n    "ts": {ts}, "dur": {dur},\n    "args": {json.dumps(args or {})}\n  }}'
    )


def arrow(phase, pid, tid, ts):
    return (
        f'  {{\n    "ph": "{phase}", "id": 5, "pid": {pid}, "tid": {tid}, "ts": {ts},\n'
        f'    "cat": "ac2g", "name": "ac2g", "bp": "e"\n  }}'
    )


def process_name(pid, name):
    return (
        f'  {{\n    "name": "process_name", "ph": "M", "ts": 7.250, "pid": {pid}, "tid": 0,\n    "args": {{\n'
        f'      "name": "{name}"\n    }}\n  }}'
    )


SPANS = """  {
    "ph": "X", "cat": "Trace", "ts": 1.000, "dur": 9.000,
    "pid": "Spans", "tid": "PyTorch Profiler",
    "name": "PyTorch Profiler (0)", "args": {}
  }"""

TEXT = ",\n".join(
    [
        event("cpu_op", 'a "name", "pid": 3, "tid": 4, "ts": 5', 100, 100, "1.000", "3.000", {"shape": [1]}),
        event("cpu_op", "half outside", 100, 100, "2.000", "5.000"),
        event("kernel", "k", 0, 7, "2.000", "4.000", {"device": 0}),
        event("kernel", "overlapping k", 0, 7, "3.500", "4.000", {"device": 0}),
        event("gpu_user_annotation", "range", 0, 7, "3.000", "2.000"),
        event("overhead", "Lazy", -1, 0, "4.000", "1.000"),
        event("cpu_op", "of an old Kineto", 100, -901502656, "1.000", "1.000"),
        arrow("s", 100, 100, "1.500"),
        arrow("f", 0, 7, "3.500"),
        SPANS,
        process_name(0, "python"),
        process_name(100, "python"),
    ]
).encode()


def as_events(texts, metadata=()):
    return [row for text in texts for row in json.loads(b"[" + text + b"]")] + list(metadata)


@pytest.fixture(scope="module", params=["as Kineto of 2025 laid it out", "as Kineto of 2026 does"])
def text(request):
    if "2025" in request.param:
        return TEXT
    document = json.loads(f"[{TEXT.decode()}]", parse_float=lambda text: f"<{text}>")
    return re.sub('"<(.*?)>"', r"\1", json.dumps(document, indent=2)[1:-1]).encode()


@pytest.fixture(scope="module")
def cleaned(text):
    texts, metadata = whole([text])
    return as_events(texts, metadata)


def test_ids_are_numbers_that_no_viewer_confuses(cleaned):
    for row in cleaned:
        assert isinstance(row["pid"], int)
        assert isinstance(row["tid"], int)
        assert 0 <= row["pid"] < 2**31
        assert 0 <= row["tid"] < 2**31


def test_nothing_but_places_and_names_of_gpus_is_changed(cleaned, text):
    before = as_events([text])
    for old, new in zip(before, cleaned, strict=False):
        same = {name: value for name, value in old.items() if name not in ("pid", "tid", "args")}
        assert {name: new[name] for name in same} == same
        assert old.get("args") == new.get("args") or old["name"] == "process_name"


def slices(events):
    return {row["name"]: (row["pid"], row["tid"]) for row in events if row["ph"] == "X"}


def test_what_half_overlaps_and_what_is_repeated_has_a_row_of_its_own(cleaned):
    at = slices(cleaned)
    assert at["k"] == (0, 7)
    assert len(set(at.values())) == len(at)
    assert at["overlapping k"][0] == at["range"][0] == 0
    names = {(row["pid"], row["tid"]): row["args"]["name"] for row in cleaned if row["name"] == "thread_name"}
    assert names[at["overlapping k"]] == "stream 7 · overlapping 2"
    assert names[at["range"]] == "stream 7 ranges"
    assert names[at["Lazy"]] == "Profiler overhead"
    assert at["Lazy"][0] == 100
    assert names[at["of an old Kineto"]] == "thread -901502656"


def test_a_range_keeps_its_thread_and_the_functions_that_it_begins_and_ends_in_yield():
    text = ",\n".join(
        [
            event("python_function", "step", 100, 100, "1.000", "30.000"),
            event("python_function", "__enter__", 100, 100, "2.000", "3.000"),
            event("user_annotation", "range", 100, 100, "4.000", "10.000"),
            event("python_function", "matmul", 100, 100, "6.000", "2.000"),
            event("cuda_runtime", "launch", 100, 100, "7.000", "0.500"),
            event("python_function", "__exit__", 100, 100, "13.000", "2.000"),
            arrow("s", 100, 100, "7.000"),
        ]
    ).encode()
    found = as_events(*whole([text]))
    at = slices(found)
    assert {name for name, place in at.items() if place == (100, 100)} == {"step", "range", "matmul", "launch"}
    assert at["__enter__"] == at["__exit__"]
    names = {(row["pid"], row["tid"]): row["args"]["name"] for row in found if row["name"] == "thread_name"}
    assert names[at["__enter__"]] == "thread 100 · overlapping 2"
    assert [(row["pid"], row["tid"]) for row in found if row["ph"] == "s"] == [(100, 100)]


def test_an_arrow_goes_where_its_slice_went(cleaned):
    ends = {row["ph"]: (row["pid"], row["tid"]) for row in cleaned if row["ph"] in "sf"}
    assert ends["f"] == slices(cleaned)["overlapping k"]
    assert ends["s"] == (100, 100)


def test_gpus_are_called_so(cleaned):
    names = {row["pid"]: row["args"]["name"] for row in cleaned if row["name"] == "process_name"}
    spans = slices(cleaned)["PyTorch Profiler (0)"][0]
    assert names == {0: "GPU 0", 100: "python", spans: "Spans"}


def test_text_of_another_layout_stays():
    text = b'{"pid":-1,"tid":"x","ph":"X","ts":1,"dur":2}'
    assert whole([text, b""]) == ([text, b""], [])


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ddp_rank0", "two_streams"])
@pytest.mark.parametrize("piece", [1, 777])
def test_where_a_text_is_cut_to_be_read_does_not_matter(name, piece, recorded, monkeypatch):
    text = parse(gzip.decompress(recorded(name).read_bytes())).events
    if piece == 1:  # a megabyte of rows, one by one: the last, which are those of GPUs
        text = text[text.index(b'{\n    "', max(0, len(text) - 1_000_000)) :]
    expected = whole([text])
    monkeypatch.setattr(kineto_places, "_PIECE", piece)
    assert whole([text]) == expected


@pytest.mark.parametrize("name", ["ddp_rank0", "mlp_overlap", "two_streams", "peer_same_stream"])
def test_recorded_traces_say_the_same_afterwards(name, recorded, tmp_path):
    part = parse(gzip.decompress(recorded(name).read_bytes()))
    (text,), metadata = whole([part.events])
    rows = [text, *(json.dumps(row).encode() for row in metadata)]
    path = tmp_path / "trace.json"
    path.write_bytes(part.head + b'"traceEvents": [\n' + b",\n".join(rows) + b"\n]}\n")
    before, after = load(recorded(name), operators=True), load(path, operators=True)
    for table in ("work", "calls", "operators", "ranges", "syncs"):
        old, new = getattr(before, table), getattr(after, table)
        for column in set(old.columns()) - {
            "name",
            "thread",
            "domain",
            "category",
            "payload",
            "grid",
            "block",
            "group",
        }:
            assert getattr(old, column).tolist() == getattr(new, column).tolist(), (table, column)
        assert (
            [before.text(code) for code in old.name.tolist()] == [after.text(code) for code in new.name.tolist()]
            if (table != "syncs")
            else True
        )
    events = as_events([text], metadata)
    assert_nested(events)


def assert_nested(events):
    places = defaultdict(list)
    for row in events:
        if row["ph"] == "X":
            start = round(row["ts"] * 1000)
            places[row["pid"], row["tid"]].append((start, -round(row["dur"] * 1000)))
    crossing = Counter()
    for place, rows in places.items():
        stack = []
        for start, length in sorted(rows):
            while stack and stack[-1] <= start:
                stack.pop()
            crossing[place] += bool(stack) and start - length > stack[-1] + 1  # floats of the json module
            stack.append(start - length)
    assert not +crossing
