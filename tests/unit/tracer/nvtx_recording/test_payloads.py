"""Binary payloads, by their schemas: against struct, at any size, in any order, and with pieces lost."""

from __future__ import annotations

import struct

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace.nvtx_recording.payloads import PIECE, Schema, payloads
from gpu_trace.nvtx_recording.records import EVENT

KINDS = {1: "b", 2: "B", 4: "H", 5: "i", 6: "I", 17: "q", 18: "Q", 20: "d", 22: "Q"}
"""types of NVTX to the letters of struct"""
PIECE_BYTES = 24


def pieces_of(at_ns: int, number: int, schema: int, blob: bytes) -> list[tuple]:
    cut = [blob[at : at + PIECE_BYTES] for at in range(0, len(blob), PIECE_BYTES)]
    return [(at_ns, number, part.ljust(24, b"\0"), schema, len(part), place, 0, 7) for place, part in enumerate(cut)]


def array(pieces: list[tuple]) -> np.ndarray:
    made = np.zeros(len(pieces), PIECE)
    for row, (at_ns, number, blob, *rest) in enumerate(pieces):
        made[row] = (at_ns, number, np.void(blob), *rest)
    return made


def events_at(*times: int) -> np.ndarray:
    events = np.zeros(len(times), EVENT)
    events["at_ns"], events["range"], events["domain"] = times, 5, 3
    return events


@st.composite
def schemas(draw) -> tuple[str, str, list]:
    """A schema's text, the same for struct, and numbers."""
    kinds = draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=12))
    letters = "".join(KINDS[kind] for kind in kinds)
    offsets = [struct.calcsize(letters[: place + 1]) - struct.calcsize(letters[place]) for place in range(len(kinds))]
    given_offsets = draw(st.booleans())
    lines = [
        f"0 {kind} {offset if given_offsets else 0} field {place}\n"
        for place, (kind, offset) in enumerate(zip(kinds, offsets, strict=True))
    ]
    return "".join(lines), letters, [draw(st.integers(0, 127)) for _ in kinds]


@given(st.lists(schemas(), min_size=1, max_size=4), st.randoms())
def test_every_number_is_what_struct_packed(cases, random):
    known, pieces = {}, []
    for number, (text, letters, values) in enumerate(cases):
        known[3, number] = Schema.parsed(text)
        pieces += pieces_of(100 + number, 5, number, struct.pack(letters, *values))
    random.shuffle(pieces)
    events = events_at(*range(99, 101 + len(cases)))
    found = {int(one.events[0]): list(one.values.values()) for one in payloads(events, array(pieces), known)}
    assert found == {number + 1: [[value] for value in values] for number, (_, _, values) in enumerate(cases)}


@given(st.integers(1, 12), st.data())
def test_a_payload_that_lost_a_piece_says_nothing(count, data):
    known = {(3, 1): Schema.parsed("".join(f"0 18 {8 * place} n{place}\n" for place in range(count)))}
    pieces = pieces_of(7, 5, 1, struct.pack(f"{count}Q", *range(count)))
    lost = data.draw(st.integers(0, len(pieces) - 1))
    assert payloads(events_at(7), array(pieces[:lost] + pieces[lost + 1 :]), known) == []


def test_payloads_of_another_domain_schema_or_event_are_left_alone():
    known = {(3, 1): Schema.parsed("0 18 0 n\n")}
    blob = struct.pack("Q", 9)
    others = [*pieces_of(8, 5, 1, blob), *pieces_of(7, 6, 1, blob), *pieces_of(7, 5, 2, blob)]
    assert payloads(events_at(7), array(others), known) == []
    elsewhere = events_at(7)
    elsewhere["domain"] = 4
    assert payloads(elsewhere, array(pieces_of(7, 5, 1, blob)), known) == []
    [one] = payloads(events_at(6, 7), array([*others, *pieces_of(7, 5, 1, blob)]), known)
    assert (one.events.tolist(), one.values) == ([1], {"n": [9]})


def test_after_what_has_no_known_size_only_fields_with_an_offset_are_read():
    text = "0 18 0 first\n2 1 8 text\n0 5 0 lost\n0 5 40 last\n"
    assert Schema.parsed(text).entries == (("first", 0, "<u8"), ("last", 40, "<i4"))
