from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace.recording.kineto_text import NoTrace, highest_id, parse, raised

HEAD = '{\n  "schemaVersion": 1,\n  "baseTimeNanoseconds": 7,\n  "traceEvents": [\n'
TAIL = '\n  ],"traceName": "/tmp/x.json" }'


def on_lines(name: str, number: int = 1) -> str:
    """An event as torch 2.13 writes it."""
    return (
        f'  {{\n    "ph": "X",\n    "cat": "user_annotation",\n    "name": "{name}",\n    "pid": 1,\n    "tid": 2,\n'
        f'    "ts": 10.5,\n    "dur": 1.000\n    ,\n'
        f'    "args": {{\n      "External id": {number},"Ev Idx": 0\n    }}\n  }}'
    )


def in_a_line(name: str, number: int = 1) -> str:
    """An event as torch 2.6 writes it."""
    return (
        f'  {{\n    "ph": "X", "cat": "user_annotation", "name": "{name}", "pid": 1, "tid": 2,\n'
        f'    "ts": 10.5, "dur": 1.000,\n    "args": {{\n      "External id": {number},"Ev Idx": 0\n    }}\n  }}'
    )


def file_of(*events: str) -> bytes:
    return (HEAD + ",\n".join(events) + TAIL).encode("utf-8", "surrogateescape")


def names(text: bytes) -> list[str]:
    return [event["name"] for event in json.loads(b"[" + parse(text).events + b"]")]


@pytest.mark.parametrize("layout", [on_lines, in_a_line])
def test_a_valid_text_is_passed_through_untouched(layout):
    text = file_of(layout("a"), layout("b"))
    part = parse(text)
    assert part.events in text
    assert (names(text), part.damage) == (["a", "b"], "")
    assert json.loads(part.head + b'"x": 0}')["baseTimeNanoseconds"] == 7


@pytest.mark.parametrize("layout", [on_lines, in_a_line])
@given(name=st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\n\r"), max_size=20))
def test_any_name_written_unescaped_is_repaired(layout, name):
    # The one name that cannot be told from the text after it is one that imitates the end of its own event.
    found = parse(file_of(layout("before"), layout(f'"{name}'), layout("after")))
    read = [event["name"] for event in json.loads(b"[" + found.events + b"]")]
    assert read == ["before", f'"{name}', "after"]
    assert found.damage == ""


def test_a_name_of_several_lines():
    assert names(file_of(on_lines("a\nb"), on_lines("c"))) == ["a\nb", "c"]


@pytest.mark.parametrize("layout", [on_lines, in_a_line])
def test_a_text_cut_off_keeps_every_whole_event(layout):
    text = file_of(layout("a"), layout("b"), layout("c"))
    for end in range(len(HEAD), len(text) - len(TAIL)):
        whole = text[:end].count(b"\n  }")
        part = parse(text[:end])
        assert len(json.loads(b"[" + part.events + b"]")) == whole
        assert part.damage or whole == 3


def test_bytes_of_freed_names_are_replaced():
    broken = on_lines("a").replace('"Ev Idx": 0', '"Call stack": "f;\udcb0\t\udcc0;g"')
    assert names(file_of(broken, on_lines("b"))) == ["a", "b"]


def test_the_names_of_the_gpus():
    devices = (
        '"deviceProperties": [\n    {"id": 0, "name": "NVIDIA H200"},\n    {"id": 1, "name": "NVIDIA H200"}\n  ],\n'
    )
    text = file_of(on_lines("a")).replace(b'"traceEvents"', devices.encode() + b'"traceEvents"')
    assert [device["name"] for device in parse(text).devices] == ["NVIDIA H200", "NVIDIA H200"]
    assert parse(file_of(on_lines("a"))).devices == []


@pytest.mark.parametrize("text", [b"", b"{", b"killed", b'{"other": []}'])
def test_a_text_without_events_is_no_trace(text):
    with pytest.raises(NoTrace):
        parse(text)


def ids(part):
    return [event["args"]["External id"] for event in json.loads(b"[" + part.events + b"]")]


def test_ids_are_raised_and_0_means_none():
    part = parse(file_of(on_lines("a", 1), on_lines("b", 0), on_lines("c", 5)))
    assert highest_id(part) == 5
    assert ids(raised(part, 8)) == [9, 0, 13]
    assert highest_id(parse(file_of(on_lines("a", 0)))) == 0
