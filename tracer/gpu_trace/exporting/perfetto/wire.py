"""The wire format of protobuf, for the few packets that are written one by one: descriptors and tables of names."""

from __future__ import annotations

VARINT, FIXED64, BYTES = 0, 1, 2
"""Wire types."""

Value = int | str | bytes | bool


def key(field: int, wire_type: int) -> bytes:
    """What stands in front of a field's value."""
    return varint(field << 3 | wire_type)


def varint(value: int) -> bytes:
    """A number in groups of seven bits, low first; a negative one as 64-bit two's complement, as int32 has it."""
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number: int, value: Value) -> bytes:
    """One field: an integer as varint; text, or an encoded message, with its length."""
    if isinstance(value, int):
        return key(number, VARINT) + varint(value)
    # Names come from files: text that is not valid must not make the packet invalid.
    data = value.encode("utf-8", "replace") if isinstance(value, str) else value
    return key(number, BYTES) + varint(len(data)) + data


def fields(*pairs: tuple[int, Value]) -> bytes:
    """Fields one after another: a message."""
    return b"".join(field(number, value) for number, value in pairs)
