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
