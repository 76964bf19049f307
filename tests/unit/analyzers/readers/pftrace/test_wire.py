from __future__ import annotations

import pytest

from gpu_trace_analyzers.readers.pftrace.wire import Broken, packets


def test_a_packet_whose_length_lies_in_two_blocks_is_read():
    assert list(packets([b"\n\x01a\n\x80", b"\x01" + b"b" * 128])) == [(0, b"a"), (3, b"b" * 128)]


@pytest.mark.parametrize("data", [b"\n\x80", b"\n" + b"\x80" * 20, b"\n\x02a", b"x"])
def test_what_is_no_packet_is_broken(data):
    with pytest.raises(Broken):
        list(packets([data]))
