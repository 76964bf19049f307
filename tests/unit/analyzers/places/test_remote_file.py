"""Whatever fails in between, a file is read to its end, each byte once."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.places import CutOff, patience, remote_file
from gpu_trace_analyzers.places.address import Address
from gpu_trace_analyzers.places.remote_file import Begin, Opener, RemoteFile


@pytest.fixture(autouse=True, scope="module")
def _small_and_quick():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(patience, "RESTS_S", (0.0,) * 4)
        patch.setattr(remote_file, "FIRST", 4)
        patch.setattr(remote_file, "LARGEST", 16)
        yield


class _Flaky(io.BytesIO):
    """Gives less than is asked for, and fails, as the plan says."""

    def __init__(self, data, plan, is_stream):
        super().__init__(data)
        self.plan, self.is_stream = plan, is_stream

    def read(self, size=-1):
        do = self.plan.pop() if self.plan else "all"
        if do == "fail":
            raise ConnectionResetError
        return super().read(max(1, size // 2) if do == "half" else size)

    def seek(self, position, whence=0):
        assert not self.is_stream
        return super().seek(position, whence)


steps = st.sampled_from(["half", "all"])
plans = st.lists(steps, max_size=20).flatmap(lambda some: st.permutations(["fail"] * 4 + some))
"""Four failures: as many as may come in a row."""


@given(st.binary(max_size=100), plans, st.booleans(), st.lists(st.integers(1, 40), min_size=1, max_size=20))
def test_every_byte_comes_once(data, plan, is_stream, sizes):
    opener = Opener(lambda position: _Flaky(data[position if is_stream else 0 :], plan, is_stream), is_stream)
    with RemoteFile(Address("s3://bucket/file"), opener, len(data), Begin()) as file:
        pieces = [file.read(size) for size in sizes]
        assert b"".join(pieces) == data[: file.tell()]
        assert all(len(piece) <= size for piece, size in zip(pieces, sizes, strict=True))
        assert b"".join(pieces) + file.read() == data
        assert file.read(1) == b""
        file.seek(0)
        assert file.read() == data


@given(st.binary(max_size=50), st.integers(1, 50))
def test_what_there_is_of_a_file_that_ends_too_early_is_read_first(data, lacking):
    opener = Opener(lambda _: io.BytesIO(data))
    with RemoteFile(Address("s3://bucket/file"), opener, len(data) + lacking, Begin()) as file:
        pieces = []
        while sum(map(len, pieces)) < len(data):
            pieces.append(file.read(7))
        with pytest.raises(CutOff) as raised:
            file.read(7)
    assert b"".join(pieces) == data
    assert raised.value.strerror == f"ends after {len(data)} of {len(data) + lacking} bytes"


def test_the_begin_is_asked_for_once():
    opened = []
    opener = Opener(lambda _: opened.append(1) or io.BytesIO(b"0123456789"))
    begin = Begin()
    for _ in range(3):
        with RemoteFile(Address("s3://bucket/file"), opener, 10, begin) as file:
            assert file.read(4) == b"0123"
    assert len(opened) == 1
    with RemoteFile(Address("s3://bucket/file"), opener, 10, begin) as file:
        assert file.read() == b"0123456789"
    assert len(opened) == 2
