"""The wire format of protobuf, as far as Perfetto traces need it: packets, and the fields of a message."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

OURS = (b"\n\x04\x50\x01\x68\x01", b"\n\x08\x50\x01\x68\x01\xc0\xb2\x04")
"""How the first packet of a trace of gpu-trace begins: sequence 1 begins; in all but old traces, `Own.COUNTED`."""

Value = int | bytes
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_PACKET = b"\n"  # field 1, with a length: Trace.packet
_LONGEST_PACKET = 1 << 26


class Broken(ValueError):
    """Bytes that are not a protobuf, or that end in the middle of a field."""


def packets(blocks: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """Where each packet of a trace begins, and its content.

    Raises `Broken` behind the last whole one where the file is cut off or damaged.
    """
    rest, read = b"", 0
    for block in blocks:
        rest += block
        at = 0
        while (end := _packet_end(rest, at)) is not None:
            begin, stop = end
            if stop > len(rest):
                break
            yield read + at, rest[begin:stop]
            at = stop
        rest, read = rest[at:], read + at
        if len(rest) > _LONGEST_PACKET:
            break
    if rest:
        raise Broken("the last packet does not end")


def _packet_end(data: bytes, at: int) -> tuple[int, int] | None:
    """Where the packet at a position has its content; None where its length is not there yet."""
    if at >= len(data):
        return None
    if data[at : at + 1] != _PACKET:
        raise Broken("data that is not a packet")
    try:
        length, begin = _varint(data, at + 1)
    except Broken:
        if len(data) - at > 10:
            raise
        return None
    return begin, begin + length


def fields(data: bytes) -> Iterator[tuple[int, Value]]:
    """Number and value of each field of a message; fixed-width ones as unsigned integers."""
    at = 0
    while at < len(data):
        key, at = _varint(data, at)
        kind = key & 7
        if kind == _VARINT:
            value, at = _varint(data, at)
            yield key >> 3, value
            continue
        length, at = _varint(data, at) if kind == _BYTES else ({_FIXED64: 8, _FIXED32: 4}.get(kind, len(data)), at)
        if at + length > len(data):
            raise Broken("a field does not end")
        part = data[at : at + length]
        yield key >> 3, part if kind == _BYTES else int.from_bytes(part, "little")
        at += length


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(data) and shift < 70:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, at
        shift += 7
    raise Broken("a number does not end")
