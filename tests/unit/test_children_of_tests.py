"""What a test starts begins as from a shell, also in the worker processes of a parallel run."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

TOLD = "import signal, sys; print(signal.getsignal(int(sys.argv[1])) == signal.SIG_IGN)"


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGQUIT], ids=lambda number: number.name)
def test_no_signal_is_ignored(number):
    told = subprocess.run([sys.executable, "-c", TOLD, str(number.value)], capture_output=True, text=True, check=True)
    assert told.stdout == "False\n"
