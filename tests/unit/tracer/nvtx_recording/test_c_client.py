"""What a client in C may call, through the interface by which NVTX itself installs a tool (nvToolsExt.h)."""

from __future__ import annotations

import pytest

from gpu_trace.nvtx_recording.environment import injection_library
from gpu_trace.nvtx_recording.records import payload_texts
from nvtx_records import names, recorded

pytestmark = pytest.mark.skipif(injection_library() is None, reason="no injection library: built without a C compiler")

CLIENT = """
import ctypes as c, os, threading
Slots = c.c_void_p * 16
core, core2 = Slots(), Slots()
def pointers_to(table):
    return (c.POINTER(c.c_void_p) * 16)(*(c.pointer(c.c_void_p.from_buffer(table, 8 * i)) for i in range(16)))
pointers = [pointers_to(core), pointers_to(core2)]
@c.CFUNCTYPE(c.c_int, c.c_int, c.POINTER(c.c_void_p), c.POINTER(c.c_uint))
def table(module, found, size):
    found[0] = c.cast(pointers[{1: 0, 5: 1}[module]], c.c_void_p)
    size[0] = 16
    return 1
class Callbacks(c.Structure): _fields_ = [("size", c.c_size_t), ("table", c.c_void_p)]
callbacks = Callbacks(c.sizeof(Callbacks), c.cast(table, c.c_void_p))
@c.CFUNCTYPE(c.c_void_p, c.c_uint32)
def export(number): return c.addressof(callbacks)
assert c.CDLL(os.environ["NVTX_INJECTION64_PATH"]).InitializeInjectionNvtx2(export) == 1
def call(table, slot, result, *kinds): return c.CFUNCTYPE(result, *kinds)(table[slot])
class Attributes(c.Structure):
    _fields_ = [
        ("version", c.c_uint16), ("size", c.c_uint16), ("category", c.c_uint32), ("color_type", c.c_int32),
        ("color", c.c_uint32), ("payload_type", c.c_int32), ("reserved", c.c_int32), ("payload", c.c_byte * 8),
        ("message_type", c.c_int32), ("message", c.c_void_p),
    ]
push, push_wide, pop = call(core, 9, c.c_int, c.c_char_p), call(core, 10, c.c_int, c.c_wchar_p), call(core, 11, c.c_int)
push_ex = call(core, 8, c.c_int, c.POINTER(Attributes))
"""


def client(script: str, folder):
    [ranges] = recorded(CLIENT + script, folder)
    return ranges


def test_wide_and_narrow_strings(tmp_path):
    ranges = client('push(b"narrow"); push_wide("größer \\U0001f600"); pop(); pop()', tmp_path)
    assert names(ranges) == ["narrow", "größer \U0001f600"]
    assert ranges.finished.all()


def test_nesting_is_answered_as_nvtx_promises(tmp_path):
    script = 'assert (push(b"a"), push(b"b"), pop(), pop(), pop()) == (0, 1, 1, 0, -1)'
    assert names(client(script, tmp_path)) == ["a", "b"]


@pytest.mark.parametrize(
    ("kind", "packed", "shown"),
    [
        (1, "'<Q', 2**64 - 1", "18446744073709551615"),
        (2, "'<q', -5", "-5"),
        (3, "'<d', 2.5", "2.5"),
        (4, "'<I', 2**32 - 1", "4294967295"),
        (5, "'<i', -7", "-7"),
        (6, "'<f', 0.5", "0.5"),
        (0, "'<q', 9", ""),
    ],
)
def test_payloads_of_every_type(kind, packed, shown, tmp_path):
    script = f"""
import struct
text = c.create_string_buffer(b"with payload")
payload = (c.c_byte * 8).from_buffer_copy(struct.pack({packed}).ljust(8, bytes(1)))
push_ex(Attributes(3, c.sizeof(Attributes), 0, 0, 0, {kind}, 0, payload, 1, c.addressof(text))); pop()
"""
    assert payload_texts(client(script, tmp_path).opening) == [shown]


def test_names_of_threads_and_categories(tmp_path):
    script = """
name, name_wide = call(core, 14, None, c.c_uint32, c.c_char_p), call(core, 15, None, c.c_uint32, c.c_wchar_p)
name(threading.get_native_id(), b"main")
def work():
    name_wide(threading.get_native_id(), "läuft")
    push(b"in thread"); pop()
thread = threading.Thread(target=work); thread.start(); thread.join()
call(core, 12, None, c.c_uint32, c.c_char_p)(4, b"io"); call(core, 13, None, c.c_uint32, c.c_wchar_p)(5, "größer")
push(b"in main"); pop()
"""
    ranges = client(script, tmp_path)
    threads = [ranges.texts.threads[int(event["thread"])] for event in ranges.opening]
    assert dict(zip(names(ranges), threads, strict=True)) == {"in thread": "läuft", "in main": "main"}
    assert ranges.texts.categories == {(0, 4): "io", (0, 5): "größer"}


def test_domains_of_c_clients(tmp_path):
    script = """
domain = call(core2, 13, c.c_size_t, c.c_wchar_p)("mein")
registered = call(core2, 10, c.c_size_t, c.c_size_t, c.c_char_p)(domain, b"known text")
given = Attributes(3, c.sizeof(Attributes), 0, 1, 0xFF112233, 0, 0, (c.c_byte * 8)(), 3, registered)
call(core2, 4, c.c_int, c.c_size_t, c.POINTER(Attributes))(domain, given); call(core2, 5, c.c_int, c.c_size_t)(domain)
"""
    ranges = client(script, tmp_path)
    [event] = ranges.opening
    assert (names(ranges), ranges.texts.strings[int(event["domain"])]) == (["known text"], "mein")
    assert int(event["color"]) == 0xFF112233


def test_no_text_at_all_is_an_empty_name(tmp_path):
    assert names(client("push(None); pop(); push_wide(None); pop()", tmp_path)) == ["", ""]


EXTENSION = """
class Segment(c.Structure): _fields_ = [("id", c.c_size_t), ("count", c.c_size_t), ("slots", c.POINTER(c.c_ssize_t))]
class Module(c.Structure):
    _fields_ = [("version", c.c_uint16), ("size", c.c_uint16), ("id", c.c_uint16), ("compatible", c.c_uint16),
        ("count", c.c_size_t), ("segments", c.POINTER(Segment))]
slots = (c.c_ssize_t * 63)()
module = Module(3, 32, 2, 257, 1, c.pointer(Segment(0, 63, slots)))
assert c.CDLL(os.environ["NVTX_INJECTION64_PATH"]).InitializeInjectionNvtxExtension(c.byref(module)) == 1
class Entry(c.Structure):
    _fields_ = [("flags", c.c_uint64), ("type", c.c_uint64), ("name", c.c_char_p), ("description", c.c_char_p),
        ("detail", c.c_uint64), ("offset", c.c_uint64), ("semantics", c.c_void_p), ("reserved", c.c_void_p)]
class Schema(c.Structure):
    _fields_ = [("mask", c.c_uint64), ("name", c.c_char_p), ("type", c.c_uint64), ("flags", c.c_uint64),
        ("entries", c.POINTER(Entry)), ("count", c.c_size_t), ("size", c.c_size_t), ("alignment", c.c_size_t),
        ("id", c.c_uint64), ("extension", c.c_void_p)]
class Data(c.Structure): _fields_ = [("schema", c.c_uint64), ("size", c.c_size_t), ("bytes", c.c_char_p)]
def slot(number, result, *kinds): return c.CFUNCTYPE(result, *kinds)(slots[number])
domain = call(core2, 12, c.c_size_t, c.c_char_p)(b"NCCL")
def schema(number, *entries):
    rows = (Entry * len(entries))(*(Entry(0, kind, name, None, 0, offset) for kind, name, offset in entries))
    given = Schema(4 | 16 | 32 | (256 if number else 0), None, 1, 0, rows, len(rows), 0, 0, number)
    return slot(0, c.c_uint64, c.c_size_t, c.POINTER(Schema))(domain, given)
def attributes(name, number, blob):
    data = Data(number, len(blob), blob)
    pointer = (c.c_byte * 8).from_buffer_copy(c.c_uint64(c.addressof(data)))
    text = c.create_string_buffer(name)
    made = Attributes(3, c.sizeof(Attributes), 0, 0, 0, 0xDFBD0009 - 2**32, 1, pointer, 1, c.addressof(text))
    made.keep = data, blob, text
    return made
push_in, pop_in = call(core2, 4, c.c_int, c.c_size_t, c.POINTER(Attributes)), call(core2, 5, c.c_int, c.c_size_t)
import struct
STATIC = 1 << 24
"""


def fields(ranges) -> list[tuple[str, dict[str, float]]]:
    """Of each event with binary payloads its name, and what they say."""
    found = [
        (int(row), dict(zip(payloads.values, numbers, strict=True)))
        for payloads in ranges.payloads
        for row, numbers in zip(payloads.events, zip(*payloads.values.values(), strict=True), strict=True)
    ]
    return [(names(ranges)[row], values) for row, values in sorted(found, key=lambda pair: pair[0])]


def test_a_binary_payload_is_read_by_its_schema(tmp_path):
    script = """
operation = STATIC + 20, b"operation", 16  # an enum, which is no number
known = schema(STATIC + 5, (18, b"communicator", 0), (22, b"bytes", 8), operation, (5, b"root", 20))
assert known == STATIC + 5
for root in (-1, 2):
    blob = struct.pack("<QQIi", 2**64 - root % 7, 4096, 1, root)
    push_in(domain, attributes(b"reduce", STATIC + 5, blob)); pop_in(domain)
"""
    expected = [("reduce", {"communicator": 2**64 - root % 7, "bytes": 4096, "root": root}) for root in (-1, 2)]
    assert fields(client(EXTENSION + script, tmp_path)) == expected


def test_a_payload_at_the_end_of_a_range_ends_it(tmp_path):
    script = """
own = schema(0, (15, b"ranks", 0), (20, b"seconds", 0), (17, b"third", 0), (18, b"fourth", 0))
assert own >= 1 << 32
push_in(domain, attributes(b"init", 77, b"unknown schema"))
blob = struct.pack("<i4xdqQ", 4, 0.5, -9, 7)
assert slot(4, c.c_int, c.c_size_t, c.POINTER(Data), c.c_size_t)(domain, Data(own, len(blob), blob), 1) == 0
"""
    ranges = client(EXTENSION + script, tmp_path)
    assert ranges.finished.all()
    assert fields(ranges) == [("init", {"ranks": 4, "seconds": 0.5, "third": -9, "fourth": 7})]


def test_start_end_and_marks_have_payloads_too(tmp_path):
    script = """
own = schema(0, (16, b"n", 0))
data = [Data(own, 4, struct.pack("<I", n)) for n in range(3)]
started = slot(5, c.c_uint64, c.c_size_t, c.POINTER(Data), c.c_size_t)(domain, data[0], 1)
slot(2, None, c.c_size_t, c.POINTER(Data), c.c_size_t)(domain, data[1], 1)
slot(6, None, c.c_size_t, c.c_uint64, c.POINTER(Data), c.c_size_t)(domain, started, data[2], 1)
"""
    ranges = client(EXTENSION + script, tmp_path)
    assert ranges.finished.all()
    assert sorted(values["n"] for _, values in fields(ranges)) == [0, 1, 2]


def test_a_payload_shorter_than_its_schema_says_nothing(tmp_path):
    script = """
schema(STATIC + 5, (18, b"communicator", 0), (22, b"bytes", 8))
push_in(domain, attributes(b"cut", STATIC + 5, bytes(15))); pop_in(domain)
push_in(domain, attributes(b"huge", STATIC + 5, bytes(1000))); pop_in(domain)
push_in(domain, attributes(b"whole", STATIC + 5, bytes(16))); pop_in(domain)
"""
    ranges = client(EXTENSION + script, tmp_path)
    assert names(ranges) == ["cut", "huge", "whole"]
    assert fields(ranges) == [("whole", {"communicator": 0, "bytes": 0})]
