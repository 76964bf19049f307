"""What the C library takes of a block is what Python's decoder finds there; what it does not take is read by that."""

from __future__ import annotations

import gc
import gzip
import weakref
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gpu_trace_analyzers.readers.chrome.compiled import built_library
from gpu_trace_analyzers.readers.chrome.events import EVENT_TYPES
from kineto_text import LAYOUTS, Text, files
from scanner_agreement import INSERTED, SPAN, Both

pytestmark = pytest.mark.skipif(not built_library(), reason="installed without a C compiler")


@cache
def agreeing(operators: bool) -> Both:
    return Both(operators)


@given(files(), st.booleans())
def test_it_takes_what_is_valid_and_finds_what_the_decoder_finds(file, operators):
    both = agreeing(operators)
    for begin in range(0, len(file.texts), 7):
        assert both.agree_on(",\n".join(file.texts[begin:]).encode() + b",{") or begin == len(file.texts)


@settings(max_examples=settings.default.max_examples // 4)
@given(files())
def test_a_block_may_end_at_any_byte(file):
    both = agreeing(operators=False)
    texts = file.texts[:6]
    block = ",\n".join(texts).encode() + b"]}"
    begins = [len(",\n".join([*texts[:count], ""]).encode()) + text.index("{") for count, text in enumerate(texts)]
    for end in range(len(block)):
        followed = sum(begin < end for begin in begins[1:])
        assert both.agree_on(block[:end]) == (followed > 0), block[:end]


damage = st.tuples(st.floats(0, 1), st.integers(0, 3), st.sampled_from([b"", *INSERTED]))


@given(files(), st.lists(damage, min_size=1, max_size=4), st.booleans())
def test_of_a_damaged_block_it_takes_nothing_that_the_decoder_would_not(file, places, operators):
    block = ",\n".join(file.texts).encode()
    for share, length, inserted in places:
        at = int(share * len(block))
        block = block[:at] + inserted + block[at + length :]
    agreeing(operators).agree_on(block + b",\n{")


PLAIN = [
    *(
        '"ts":0',
        '"ts":-0.001',
        '"ts":2305843009213692.999',
        '"ts":1.0005',
        '"ts":1.00049999',
        '"ts":1790857026000000.123',
    ),
    *('"pid":-9223372036854775808', '"pid":9223372036854775807', '"pid":null', '"pid":"Spans"', '"pid":"\\u00e9\\n"'),
    *('"cat":"KERNEL"', '"cat":"memcpy"', '"tid":""', '"pid":0,"other":[1,{"a":[]},-0.5e+3,true,false,null,""]'),
    *('"name":"\\"\\\\\\/\\b\\f\\n\\r\\t"', '"name":"\N{SNOWMAN}\N{GRINNING FACE}"', '"dur":7'),
]
ODD = [
    *('"ts":-1.0005', '"ts":1e3', '"ts":"1.5"', '"ts":null', '"ts":2305843009213694', '"ts":01', '"ts":1.', '"ts":.5'),
    *('"pid":1.0', '"pid":9223372036854775808', '"pid":-9223372036854775809', '"pid":true', '"pid":[1]', '"pid":00'),
    *('"pid":0,"pid":1', '"\\u0070id":1', '"name":null', '"name":"\\ude00\\ud83d"', '"name":"a\tb"', '"ts":NaN'),
    *('"pid":0,"args":{}', '"pid":0,"other":[1,]', '"pid":0,"other":' + "[" * 65 + "]" * 65, '"pid":0,', '"dur":1E2'),
]


def with_field(field: str) -> bytes:
    key = field.split(":")[0].replace("\\u0070", "p")
    old = next(part for part in SPAN[1:].split(",") if part.startswith(key))
    return f"{SPAN.replace(old, field)},{SPAN},".encode() + b"{"


@pytest.mark.parametrize("field", PLAIN)
def test_plain_values_are_taken(field):
    assert agreeing(operators=False).agree_on(with_field(field))


@pytest.mark.parametrize("field", ODD)
def test_odd_values_leave_the_block_to_the_decoder(field):
    assert not agreeing(operators=False).agree_on(with_field(field))


@pytest.mark.parametrize("text", [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x98", b"\x1f"])
def test_bytes_that_are_no_utf_8_leave_the_block_to_the_decoder(text):
    assert not agreeing(operators=False).agree_on(SPAN.replace('"k"', '"TEXT"').encode().replace(b"TEXT", text) + b",{")


def test_more_events_than_there_is_room_for_are_left_to_the_decoder_and_those_behind_them_taken():
    both = agreeing(operators=False)
    dict(both.scanner.columns())
    many = (SPAN + ",").encode() * (1 << 15)
    assert both.scanner.take(many + b"{") is None
    assert not dict(both.scanner.columns())
    assert both.agree_on(f"{SPAN},{{".encode())


def test_columns_grow_over_blocks_until_they_are_asked_for():
    both = Both(operators=False)
    for name in "abc":
        assert both.scanner.take(SPAN.replace('"k"', f'"{name}"').encode() + b",{") is not None
    assert not dict(both.scanner.columns(least=4))
    (spans,) = dict(both.scanner.columns(least=3)).values()
    assert [both.distinct.by_code[code] for code in spans.name.tolist()] == ["a", "b", "c"]
    assert not dict(both.scanner.columns())


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_events_of_every_layout_are_taken(layout):
    events = [
        {"ph": "X", "cat": "kernel", "name": "k", "pid": 0, "tid": 7, "ts": Text("1.000"), "dur": Text("2.000")},
        {"ph": "f", "id": 3, "pid": 0, "tid": 7, "ts": Text("1.000"), "cat": "ac2g", "name": "ac2g", "bp": "e"},
        {"ph": "X", "cat": "cpu_op", "name": "o", "pid": 9, "tid": 9, "ts": Text("1.000"), "dur": Text("2.000")},
    ]
    both = Both(operators=False)
    taken = both.scanner.take(",\n".join(layout(event) for event in events * 10).encode())
    assert taken is not None
    assert taken.others == 29
    assert both.scanner.skipped() == {"flow": 10, "cpu_op": 9}


def test_every_category_of_the_text_scan_has_a_wish():
    assert EVENT_TYPES.keys() <= agreeing(operators=True).wishes.keys()


def test_recorded_traces_are_taken(recorded):

    content = gzip.decompress(recorded("ddp_rank0").read_bytes())
    begin = content.index(b'"traceEvents": [') + 16
    assert agreeing(operators=False).agree_on(content[begin : begin + (1 << 18)])


def test_its_memory_goes_with_it():
    both = Both(operators=False)
    memory = weakref.ref(both.scanner._memory)
    both.agree_on(f"{SPAN},{{".encode())
    gc.disable()
    try:
        del both
        assert memory() is None
    finally:
        gc.enable()
