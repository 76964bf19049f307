"""The files of the stack sampler."""

from __future__ import annotations

import struct

import pytest

from gpu_trace.stack_sampling import facts, records
from tests import sampled

CODES = [sampled.code("main", "/a.py", 1, b"lines"), sampled.code("größe", "b.py", 7, b"")]
CALLS = [(0, 1, 4), (1, 2, -1)]
ROWS = [(100, 110, 5, 2, 3), (110, 120, 5, 1, 1)]


def test_what_was_written_is_read(tmp_path):
    sampled.write(tmp_path, 9, CODES, CALLS, ROWS)
    found = records.read(tmp_path, 9)
    assert found.codes == {1: records.Code("main", "/a.py", 1, b"lines"), 2: records.Code("größe", "b.py", 7, b"")}
    assert found.calls.tolist() == [(1, 0, 1, 4), (2, 1, 2, -1)]
    assert [row[:5] for row in found.rows.tolist()] == ROWS


def test_a_process_that_was_not_sampled_has_nothing(tmp_path):
    assert records.read(tmp_path, 9) is None


@pytest.mark.parametrize(("kind", "encoding"), [(1, "latin-1"), (2, "utf-16-le"), (4, "utf-32-le")])
def test_texts_are_as_cpython_stores_them(tmp_path, kind, encoding):
    name = {1: "größe", 2: "名前", 4: "𠀀"}[kind]
    data = name.encode(encoding)
    sampled.write(tmp_path, 9, [struct.pack("<iIIIII", 1, kind, len(data), 1, 0, 0) + data], [], [])
    assert records.read(tmp_path, 9).codes[1].function == name


def test_half_a_surrogate_in_a_name_is_replaced(tmp_path):
    data = "a\ud800".encode("utf-16-le", "surrogatepass")
    sampled.write(tmp_path, 9, [struct.pack("<iIIIII", 1, 2, len(data), 1, 0, 0) + data], [], [])
    assert records.read(tmp_path, 9).codes[1].function == "a\ufffd"


def test_what_is_no_code_object_has_no_frames(tmp_path):
    """The process ran on while it was read: any bytes may have been there."""
    beyond_unicode = struct.pack("<iIIIII", 1, 4, 4, 1, 0, 0) + b"\xff" * 4
    no_kind = struct.pack("<iIIIII", 1, 3, 3, 1, 0, 0) + b"abc"
    sampled.write(tmp_path, 9, [beyond_unicode, no_kind, CODES[0]], [(0, 2, 4), (0, 3, 4)], [(100, 110, 5, 1, 1)])
    found = records.read(tmp_path, 9)
    assert {number: code.function for number, code in found.codes.items()} == {1: "\ufffd", 3: "main"}
    assert found.calls["number"].tolist() == [2]
    assert len(found.rows) == 0


@pytest.mark.parametrize("file", ["codes", "calls", "rows"])
def test_on_a_full_disk_what_is_whole_is_read(tmp_path, file):
    sampled.write(tmp_path, 9, CODES, CALLS, ROWS)
    path = tmp_path / f"stacks-9-{file}"
    path.write_bytes(path.read_bytes()[:-1])  # the last of each is cut
    found = records.read(tmp_path, 9)
    expected = {"codes": (1, [ROWS[1]]), "calls": (2, [ROWS[1]]), "rows": (2, [ROWS[0]])}[file]
    assert (len(found.codes), [row[:5] for row in found.rows.tolist()]) == expected


def test_facts(tmp_path):
    assert facts.read(tmp_path) is None
    (tmp_path / "stacks").write_text(
        "rounds\t12\nmissed\t1\nperiod_ns\t10000000\nprocess\t9 3 11 2\nprocess\t8 1 0 0\n"
    )
    found = facts.read(tmp_path)
    assert (found.rounds, found.missed, found.period_ns, found.refused) == (12, 1, 10_000_000, "")
    assert found.processes == {9: facts.ProcessFacts(3, 11, 2), 8: facts.ProcessFacts(1, 0, 0)}


def test_a_refusal_is_noted(tmp_path):
    facts.refuse(tmp_path, "no compiler")
    assert facts.read(tmp_path) == facts.Facts(refused="no compiler")
