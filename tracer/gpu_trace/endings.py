"""How does the command line end where it cannot go on? With one sentence, and an exit code that says why."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from gpu_trace_analyzers.errors import GpuTraceError, UsageError

from .terminal import display

if TYPE_CHECKING:
    from collections.abc import Iterator

INTERRUPTED, BROKEN_PIPE = 130, 141
"""What a shell makes of SIGINT and SIGPIPE. Never 1: that says that a figure falls short."""
_NOTHING = Path(os.devnull)


@contextmanager
def errors_become_exit_codes() -> Iterator[None]:
    """Turn what ends a command early into a sentence on stderr and ``SystemExit``, never a traceback."""
    try:
        yield
    except GpuTraceError as error:
        _end(error.exit_code, str(error))
    except KeyboardInterrupt:
        _end(INTERRUPTED, "interrupted")
    except BrokenPipeError:
        _end(BROKEN_PIPE)
    except OSError as error:
        what = f"{error.filename}: cannot be used" if error.filename else "the output cannot be written"
        _end(UsageError.exit_code, f"{what} ({error.strerror}); free space there, or choose another place")


@contextmanager
def without_prompt() -> Iterator[None]:
    """End where Python would show a prompt (``python -i``): that is for the script, whose own Python has shown one."""
    try:
        yield
    except SystemExit as ending:
        if not sys.flags.inspect:
            raise
        _forget_unwritten()
        os._exit(ending.code if isinstance(ending.code, int) else int(ending.code is not None))


def prepare_streams() -> None:
    """Let every text be printed: also where a stream is closed, and what its encoding does not have.

    File names that are no valid text, and the bars of a timeline, would else be a ``UnicodeEncodeError``.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, _NOTHING.open("w", encoding="utf-8"))
    # Where Python chose another way by itself (C locale), that loses nothing.
    if getattr(sys.stdout, "errors", "") == "strict":
        sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]  # a TextIOWrapper, for it has errors


def _end(code: int, sentence: str = "") -> NoReturn:
    with suppress(OSError):
        if sentence:
            display(f"gpu-trace: {sentence}", err=True)
    _forget_unwritten()
    sys.exit(code)


def _forget_unwritten() -> None:
    """Else Python tries to write it once more at its end, complains, and ends with a code of its own."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:  # noqa: PERF203  # two streams
            with suppress(OSError), _NOTHING.open("wb") as nothing:
                os.dup2(nothing.fileno(), stream.fileno())
