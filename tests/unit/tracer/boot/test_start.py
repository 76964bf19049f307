"""Which processes have no recorder in them?"""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from gpu_trace.boot import start


@pytest.mark.parametrize(
    ("only_ranks", "is_child", "environ", "is_left_out"),
    [
        (True, True, {"RANK": "3"}, False),  # a rank
        (True, True, {}, True),  # what the launcher starts beside its ranks
        (True, False, {}, True),  # the launcher
        (True, False, {"RANK": "1"}, True),  # the launcher of a machine to which Kubernetes gave a number
        (False, False, {"RANK": "1"}, False),  # a rank that its launcher started under gpu-trace
        (False, True, {}, False),
    ],
)
def test_a_launcher_has_none(only_ranks, is_child, environ, is_left_out, monkeypatch):
    monkeypatch.delenv("RANK", raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert start._is_left_out(SimpleNamespace(only_ranks=only_ranks, is_child=is_child)) is is_left_out
