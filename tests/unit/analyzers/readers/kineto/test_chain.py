"""The four ways through a block give the same trace, and that of a slow reader that shares nothing with them."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gpu_trace_analyzers.engines import default_rules
from gpu_trace_analyzers.readers import kineto
from gpu_trace_analyzers.readers.chrome.scan import COMPACT, KINETO, KINETO_2026, Named, Scan
from gpu_trace_analyzers.readers.chrome.scan import LAYOUTS as KNOWN_LAYOUTS
from kineto_text import HEAD, LAYOUTS, SHELLS, File, InMemory, Text, files
from plain_reader import parse, read_back, tables

SOME = settings(max_examples=settings.default.max_examples // 2)
FEW = settings(max_examples=max(2, settings.default.max_examples // 12))
WAYS = {"compiled": kineto.reader.WAYS, "scan": ("scan", "typed"), "typed": ("typed",), "tolerant": ()}


def read(content: bytes, size: int, way: str = "compiled", operators: bool = True):
    trace = kineto.read(InMemory(content=content, size=size), default_rules(), operators, WAYS[way])
    trace.check()
    return trace


@SOME
@given(files(), st.booleans())
def test_all_ways_agree_with_a_plain_reader(file, operators):
    expected = tables(parse(file.content.decode()), operators)
    for way in WAYS:
        trace = read(file.content, file.size, way, operators)
        assert read_back(trace) == expected, way
        assert trace.source.events == len(file.events), way
        assert trace.source.damage == (), way


@SOME
@given(files(), st.booleans())
def test_all_ways_count_what_is_not_used_alike(file, operators):
    first, *others = (read(file.content, file.size, way, operators).source for way in WAYS)
    for other in others:
        assert other.dropped == first.dropped
        assert other.metadata == first.metadata


@SOME
@given(files(), st.booleans())
def test_all_ways_give_the_same_trace_to_the_last_code(file, operators):
    first, *others = (told(read(file.content, file.size, way, operators)) for way in WAYS)
    for other in others:
        assert other == first


def told(trace):
    """All of a trace."""
    tables = {name: getattr(trace, name) for name in trace.table_types()}
    columns = {
        (name, column): getattr(rows, column).tolist() for name, rows in tables.items() for column in rows.columns()
    }
    return columns, trace.strings, trace.devices, trace.processes, trace.source, trace.epoch_ns


RECORDED = ("ddp_rank0", "two_streams", "one_h200/compute_and_copy", "gpu1_and_gpu2", "limits_h200/decoding_graph")


@pytest.mark.parametrize("operators", [False, True])
@pytest.mark.parametrize("name", RECORDED)
def test_all_ways_give_the_same_trace_of_a_recording(name, operators, recorded):
    content = gzip.decompress(recorded(name).read_bytes())
    first, *others = (told(read(content, 1 << 18, way, operators)) for way in WAYS)
    for other in others:
        assert other == first


@SOME
@given(files(), st.integers(1, 400))
def test_the_size_of_blocks_changes_nothing(file, size):
    assert read_back(read(file.content, size)) == read_back(read(file.content, 1 << 20))


@SOME
@given(files(), st.floats(0, 1))
def test_a_file_cut_anywhere_keeps_every_whole_event(file, share):
    cut = len(file.before.encode()) + int(share * (len(file.content) - len(file.before.encode()) - len(file.after)))
    whole = [event for event, (_, end) in zip(file.events, file.spans(), strict=True) if end <= cut]
    expected = tables(json_events(whole), operators=True)
    for way in WAYS:
        trace = read(file.content[:cut], file.size, way)
        assert read_back(trace) == expected, way
        assert trace.source.damage, way


def json_events(events):
    """Events as a JSON parser would give them."""
    from kineto_text import to_json

    return parse(to_json(events))


BARE = '{"ph": "X", "cat": "kernel", "name": "NAME", "pid": 0, "tid": 7, "ts": 4555785412000.5, "dur": 2.25, '
BARE += '"args": {"stream": 7}}'
DEFECTS = {
    "line break in a name": (BARE.replace("NAME", "a\nb"), "a\nb"),
    "control character in a name": (BARE.replace("NAME", "a\x01b"), "a\x01b"),
    "bare quotes in a name": (BARE.replace("NAME", 'a "b" c'), 'a "b" c'),
    "bare quote at the end of a name": (BARE.replace("NAME", 'a "b"'), 'a "b"'),
    "bare backslash": (BARE.replace("NAME", r"C:\path\dir"), r"C:\path" + "\\dir"),
    "backslash at the end": (BARE.replace("NAME", "a\\"), "a\\"),
    "bad escape and bare quote": (BARE.replace("NAME", r'\p "q"'), r'\p "q"'),
    "NaN in the arguments": (BARE.replace('"stream": 7', '"stream": 7, "rate": NaN'), "NAME"),
    "infinity in the arguments": (BARE.replace('"stream": 7', '"rate": -Infinity, "stream": 7'), "NAME"),
    "invalid UTF-8 in a name": (BARE.replace("NAME", "a\udcff"), "a\ufffd"),
    "half a surrogate pair": (BARE.replace("NAME", r"a\ud800"), "a\ufffd"),
    "duplicate key": (BARE.replace('"pid": 0', '"pid": 3, "pid": 0'), "NAME"),
    "fraction for an id": (BARE.replace('"stream": 7', '"stream": 7.0'), "NAME"),
    "null name": (BARE.replace('"NAME"', "null"), ""),
    "arguments that are a list": (BARE.replace('{"stream": 7}', "[1, 2]"), "NAME"),
    "quoted times": (BARE.replace("4555785412000.5", '"4555785412000.5"'), "NAME"),
    "number as a name": (BARE.replace('"NAME"', "12"), "12"),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("defect", DEFECTS)
@FEW
@given(file=files(), place=st.integers(0, 25))
def test_an_event_with_a_defect_is_kept_and_so_are_its_neighbours(way, defect, file, place):
    text, name = DEFECTS[defect]
    place = min(place, len(file.texts))
    damaged = replace(file, texts=[*file.texts[:place], text, *file.texts[place:]])
    found = read_back(read(damaged.content, file.size, way))
    mended = (4555785412000500, 4555785412002750, name, 0, 0, 7, -1, -1, -1, "", "")
    assert found["work"][mended] == 1
    found["work"] -= {mended: 1}
    assert {name: +rows for name, rows in found.items()} == tables(parse(file.content.decode()), operators=True)


BROKEN = [
    '{"ph": "X", "cat": "kernel", "name": "half',
    '{"ph": "X", "cat": "kernel", "name": "no time", "pid": 0, "tid": 7, "args": {}}',
    '{"ph": "X", "cat": "kernel", "name": "null", "pid": 0, "tid": 7, "ts": 9.5, "dur": null}',
    '{"ph": "X", "cat": "kernel", "name": "NaN", "pid": 0, "tid": 7, "ts": NaN, "dur": 1}',
    '{"ph": "X", "cat": "kernel", "name": "negative", "pid": 0, "tid": 7, "ts": 4555785412000.500, "dur": -1.000}',
    '{"ph": "X", "cat": "kernel", "name": "absurd", "pid": 0, "tid": 7, "ts": 9e300, "dur": 1}',
    '{"ph": "X", "cat": "kernel", "name": "nothing", "pid": 0, "tid": 7, "ts": 4555785412000.500, "dur": 0}',
    "{}",
    "}",
    "nonsense",
    "]",
    "",
    '{"ph": "X", "cat": "kernel", "pid": 0, "ts": 5, "dur": 1, "args": {"stream": }}',
    '{"foo": ' + "[" * 3000 + "]" * 3000 + "}",
]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("broken", BROKEN, ids=lambda text: text[:60])
@FEW
@given(file=files(), place=st.integers(0, 25))
@example(file=File([], [], *SHELLS[0]), place=0)
def test_what_cannot_be_read_costs_no_other_event(way, broken, file, place):
    place = min(place, len(file.texts))
    damaged = replace(file, texts=[*file.texts[:place], broken, *file.texts[place:]])
    trace = read(damaged.content, file.size, way)
    assert read_back(trace) == tables(parse(file.content.decode()), operators=True)


@pytest.mark.parametrize(("layout", "name"), [(KINETO, "kineto"), (KINETO_2026, "kineto 2026"), (COMPACT, "compact")])
def test_a_file_in_a_known_layout_takes_the_fast_way(layout, name):
    events = [
        {"ph": "X", "cat": "kernel", "name": "k", "pid": 0, "tid": 7, "ts": Text("1.000"), "dur": Text("2.000")},
        {"ph": "f", "id": 3, "pid": 0, "tid": 7, "ts": Text("1.000"), "cat": "ac2g", "name": "ac2g", "bp": "e"},
        {"ph": "X", "cat": "cpu_op", "name": "o", "pid": 9, "tid": 9, "ts": Text("1.000"), "dur": Text("2.000")},
    ]
    block = ",\n".join(LAYOUTS[name](event) for event in events * 10)
    found = Scan(layout, {"kernel"}, {}).events(block.encode())
    assert found is not None
    kept, skipped, rest = found
    assert [event.name for event in kept["kernel"]] == ["k"] * 10
    assert skipped == {"flow": 10, "cpu_op": 9}
    assert json.loads(rest)["cat"] == "cpu_op"


@pytest.mark.parametrize(("layout", "name"), [(KINETO, "kineto"), (KINETO_2026, "kineto 2026"), (COMPACT, "compact")])
@pytest.mark.parametrize("category", ["nvtx", "cuda_sync", "gpu_memcpy", "gpu_memset", "gpu_user_annotation"])
def test_spans_of_short_and_long_categories_with_names_of_a_letter_take_the_fast_way(layout, name, category):
    event = {"ph": "X", "cat": category, "name": "x", "pid": 0, "tid": 7, "ts": Text("1.000"), "dur": Text("2.000")}
    block = ",\n".join([LAYOUTS[name](event)] * 10)
    found = Scan(layout, {category}, {}).events(block.encode())
    assert found is not None
    assert [each.cat for each in found[0][category]] == [category] * 9


@pytest.mark.parametrize(("layout", "name"), [(KINETO, "kineto"), (KINETO_2026, "kineto 2026"), (COMPACT, "compact")])
def test_of_a_category_some_events_are_decoded_by_how_their_names_begin(layout, name):
    span = {"ph": "X", "cat": "cpu_op", "pid": 9, "tid": 9, "ts": Text("1.000"), "dur": Text("2.000")}
    events = [{**span, "name": text} for text in ("c10d::f", "aten::c10d::f", "c10", "c10d::g", "last")]
    ordered = [{key: event[key] for key in ("ph", "cat", "name", "pid", "tid", "ts", "dur")} for event in events]
    block = ",\n".join(LAYOUTS[name](event) for event in ordered)
    found = Scan(layout, {"kernel"}, {"cpu_op": ("c10d::",)}).events(block.encode())
    assert found is not None
    kept, skipped, _ = found
    assert {category: [event.name for event in some] for category, some in kept.items()} == {
        "cpu_op": ["c10d::f", "c10d::g"]
    }
    assert skipped == {"cpu_op": 2}


@pytest.mark.parametrize(
    ("layout", "name", "phase", "category"),
    [
        (KINETO, "kineto", "i", "cpu_instant_event"),
        (KINETO_2026, "kineto 2026", "i", "cpu_instant_event"),
        (COMPACT, "compact", "C", "recorded_counter"),
    ],
)
def test_allocations_and_values_of_counters_take_the_fast_way(layout, name, phase, category):
    scope = {"s": "t"} if phase == "i" else {}
    event = {"ph": phase, "cat": category, **scope, "name": "[memory]", "pid": 1, "tid": 2, "ts": Text("1.000")}
    block = ",\n".join([LAYOUTS[name](event | {"args": {"Total Allocated": 7}})] * 10)
    wanted, unwanted = (Scan(layout, names, {}).events(block.encode()) for names in ({category}, {"kernel"}))
    assert wanted is not None
    assert unwanted is not None
    assert ([found.name for found in wanted[0][category]], wanted[1]) == (["[memory]"] * 9, {})
    assert (unwanted[0], unwanted[1]) == ({}, {category: 9})


@pytest.mark.slow
@pytest.mark.parametrize("memory", [False, True], ids=["plain", "memory"])
def test_what_torch_writes_here_takes_the_fast_way(memory, torch, tmp_path):
    activities = [torch.profiler.ProfilerActivity.CPU]
    with torch.profiler.profile(activities=activities, profile_memory=memory) as profile:
        for _ in range(50):
            torch.ones(3, 3, requires_grad=True).mm(torch.ones(3, 3)).sum().backward()
    profile.export_chrome_trace(str(tmp_path / "trace.json"))
    content = (tmp_path / "trace.json").read_bytes()
    first = min(place for place in map(content.find, (b'{\n    "ph": "X",', b'{\n    "ph": "s",')) if place >= 0)
    if memory:
        first = content.rindex(b'{\n    "ph"', 0, content.index(b'"[memory]"'))
    found = [Scan(layout, {"cpu_op"}, {}).events(content[first : first + 50_000]) for layout in KNOWN_LAYOUTS]
    assert [scanned for scanned in found if scanned], "torch has a new layout"


def test_recorded_traces_take_the_fast_way(recorded):
    content = gzip.decompress(recorded("ddp_rank0").read_bytes())
    begin = content.index(b'"traceEvents": [') + 16
    assert Scan(KINETO, {"kernel"}, {}).events(content[begin : begin + (1 << 20)]) is not None


def test_several_documents_in_one_file_are_all_read():
    file = File([], [BARE.replace("NAME", "one")], HEAD, "\n  ]\n}\n")
    content = file.content + replace(file, texts=[BARE.replace("NAME", "two")]).content
    trace = read(content, 200)
    assert sorted(trace.text(code) for code in trace.work.name) == ["one", "two"]
    assert "more traces follow" in " ".join(trace.source.damage)


def test_a_file_without_the_beginning_of_its_list_is_read_from_the_first_event():
    trace = read(HEAD.replace("traceEvents", "tr\0ceEvents").encode() + BARE.encode() + b"]}", 1 << 20)
    assert len(trace.work) == 1
    assert "start of the event list is missing" in trace.source.damage[0]


def test_a_damaged_head_gives_its_plain_values():
    head = HEAD.replace('"schemaVersion": 1', '"schemaVersion": 01, "broken": ,, "trace_id": "A1"')
    trace = read(head.encode() + BARE.encode() + b"]}", 1 << 20)
    assert trace.epoch_ns == 1790857026000000000
    assert trace.source.metadata["trace_id"] == "A1"


@pytest.mark.parametrize(("layout", "name"), [(KINETO, "kineto"), (KINETO_2026, "kineto 2026"), (COMPACT, "compact")])
def test_of_a_category_some_events_are_decoded_by_their_names_if_they_have_an_argument(layout, name):
    span = {"ph": "X", "cat": "cpu_op", "pid": 9, "tid": 9, "ts": Text("1.000"), "dur": Text("2.000")}
    shaped, bare = {"Input Dims": [[2, 3], [3, 4]]}, {"External id": 7}
    events = [
        *({**span, "name": "aten::mm", "args": args} for args in (shaped, bare)),
        *({**span, "name": text, "args": shaped} for text in ("aten::mmm", "aten::m", "c10d::f", "last")),
        {**span, "name": "aten::mm", "args": shaped, "cat": "user_annotation"},
        {**span, "name": "last"},
    ]
    keys = ("ph", "cat", "name", "pid", "tid", "ts", "dur", "args")
    ordered = [{key: event[key] for key in keys if key in event} for event in events]
    block = ",\n".join(LAYOUTS[name](event) for event in ordered)
    found = Scan(layout, {"kernel"}, {"cpu_op": ("c10d::",)}, {"cpu_op": Named(["aten::mm"], "Input Dims")})
    kept, skipped, _ = found.events(block.encode())
    decoded = [(event.name, bytes(event.args.shapes)) for event in kept["cpu_op"]]
    assert sorted(name for name, _ in decoded) == ["aten::mm", "c10d::f"]
    assert all(json.loads(shapes) == [[2, 3], [3, 4]] for _, shapes in decoded)
    assert skipped == {"cpu_op": 4, "user_annotation": 1}
