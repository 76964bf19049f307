"""Damaged files, made from seeds: no traceback, no hang, and no event lost that is whole."""

from __future__ import annotations

import gzip
import random
import re
import zlib

import pytest

from gpu_trace_analyzers.engines import default_rules
from gpu_trace_analyzers.errors import GpuTraceError
from gpu_trace_analyzers.readers import kineto, load
from kineto_text import InMemory
from plain_reader import parse, read_back, tables
from small_traces import JSON, NSYS_TABLES, write_nsys

EVENT = re.compile(rb"\n  \{\n    .*?\n  \}", re.DOTALL)


def cut(data: bytes, rng: random.Random) -> bytes:
    return data[: rng.randrange(len(data))]


def flip(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << rng.randrange(8))]) + data[at + 1 :]


def delete(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + data[at + rng.randrange(1, 200) :]


def insert(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data))
    junk = rng.choice([b'"', b"\\", b"\0", b"{", b"}", b"[", b"]", b",", b"\n", b"NaN", b"\xff\xfe", rng.randbytes(30)])
    return data[:at] + junk + data[at:]


def repeat(data: bytes, rng: random.Random) -> bytes:
    at = rng.randrange(len(data))
    return data[:at] + data[at : at + rng.randrange(1, 400)] + data[at:]


WAYS = [cut, flip, delete, insert, repeat]


def assert_sound_or_refused(path) -> None:
    try:
        trace = load(path, operators=True)
    except GpuTraceError:
        return
    trace.check()


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("name", JSON)
def test_a_damaged_text_gives_a_sound_trace_or_one_error(tmp_path, name, seed):
    rng = random.Random(f"{name} {seed}")
    data = JSON[name].encode()
    for _ in range(rng.randrange(1, 4)):
        data = rng.choice(WAYS)(data, rng) or b"{"
    path = tmp_path / "damaged.json"
    path.write_bytes(data)
    assert_sound_or_refused(path)


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_gzip_gives_what_precedes_the_damage(tmp_path, seed):
    rng = random.Random(seed)
    text = JSON["cuda"].encode()
    whole = gzip.compress(text, mtime=0)
    data = rng.choice([cut, flip, delete, insert])(whole, rng)
    path = tmp_path / "damaged.json.gz"
    path.write_bytes(data)
    assert_sound_or_refused(path)


@pytest.mark.parametrize("seed", range(40))
def test_a_damaged_database_gives_a_sound_trace_or_one_error(tmp_path, seed):
    rng = random.Random(seed)
    path = write_nsys(tmp_path / "report.sqlite", NSYS_TABLES)
    data = path.read_bytes()
    for _ in range(rng.randrange(1, 6)):
        data = rng.choice([cut, flip, delete])(data, rng) or b"{"
    path.write_bytes(data)
    assert_sound_or_refused(path)


@pytest.fixture(scope="module")
def recorded_text(request) -> bytes:
    from conftest import TRACES

    return gzip.decompress((TRACES / "two_streams.json.gz").read_bytes())


@pytest.mark.parametrize("seed", range(60))
def test_damage_at_one_place_costs_no_event_beside_it(recorded_text, seed):
    """Of a recorded trace, damaged in one place, every event that the damage does not touch is read."""
    rng = random.Random(seed)
    begin = recorded_text.index(b'"traceEvents": [') + 16
    end = recorded_text.rindex(b"]")
    at, gone = rng.randrange(begin, end), rng.choice([0, 1, 30, 700])
    junk = rng.choice(
        [b"", b'"', b"\\", b"{", b"}", b"[", b"]", b",", b":", b"\0\n", b"\xff", b'"}, {"', rng.randbytes(9)]
    )
    damaged = recorded_text[:at] + junk + recorded_text[at + gone :]
    spans = [found.span() for found in EVENT.finditer(recorded_text, begin)]
    whole = [(start, stop) for start, stop in spans if stop <= at or start >= at + gone]
    text = b",".join(recorded_text[start:stop] for start, stop in whole)
    expected = tables(parse(f"[{text.decode()}]"), operators=True)
    trace = kineto.read(InMemory(content=damaged, size=rng.choice([5000, 1 << 20])), default_rules(), True)
    trace.check()
    found = read_back(trace)
    for name, rows in expected.items():
        assert not rows - found[name], name


def test_a_gzip_member_cut_off_keeps_all_that_was_written(tmp_path, recorded):
    data = recorded("two_streams").read_bytes()
    path = tmp_path / "killed.json.gz"
    path.write_bytes(data[: len(data) * 2 // 3])
    trace = load(path)
    assert len(trace.work) + len(trace.calls) > 0
    assert "cut off" in trace.source.damage[0]


def test_a_gzip_damaged_in_the_middle_keeps_all_before_the_damage(tmp_path):
    from gpu_trace_analyzers.readers.base.gunzip import gunzip

    text = bytes(random.Random(1).choices(b"abcdefgh", k=200_000))
    data = bytearray(gzip.compress(text, mtime=0))
    data[60_000:60_010] = b"\xff" * 10
    path = tmp_path / "x.gz"
    path.write_bytes(data)
    damage: list[str] = []
    with path.open("rb") as file:
        out = b"".join(gunzip(file, 1000, damage))
    before = zlib.decompressobj(31).decompress(bytes(data[:60_000]))
    assert len(before) > 100_000
    assert out.startswith(before)
    assert damage


def test_several_gzip_members_are_one_file(tmp_path):
    from gpu_trace_analyzers.readers.base.gunzip import gunzip

    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(b"one ") + gzip.compress(b"two") + b"\0" * 100)
    damage: list[str] = []
    with path.open("rb") as file:
        assert b"".join(gunzip(file, 3, damage)) == b"one two"
    assert damage == []
