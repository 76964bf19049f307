"""Facts for the parent: one line each, ``key<TAB>value``, on disk as soon as they are known, so a crash loses none.

`contract` has the keys, and what their values mean.
"""

from __future__ import annotations

import os
import sys

from .contract import EXCEPTION, FAILED

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import overload

    from .contract import Number, Numbers, Text


class Notes:
    """Appends to a file of this process."""

    def __init__(self, path: str, reserved: str = "", is_held: bool = False) -> None:
        """``reserved`` is an empty file for which there is room whatever happens; the first process to come has it.

        ``is_held`` keeps the facts in memory until `release`: the parent looks at each process that has notes.
        """
        self._path = path
        self._held: list[bytes] | None = [] if is_held else None
        try:
            os.rename(reserved, path)
        except OSError:
            return  # there is none, or another process has it

    def move(self, path: str) -> None:
        """Be those of a forked child, which has nothing to say yet."""
        self._path, self._held = path, []

    def release(self) -> bool:
        """Have a file from now on, because there may be something to record; whether facts were held until now."""
        held, self._held = self._held, None
        if held:
            self._append(b"".join(held))
        return held is not None

    if TYPE_CHECKING:

        @overload
        def write(self, key: Text, value: str, /) -> None: ...
        @overload
        def write(self, key: Number, value: int, /) -> None: ...
        @overload
        def write(self, key: Numbers, /, *values: int) -> None: ...

    def write(self, key: Text | Number | Numbers, /, *values: str | int) -> None:
        """Note a fact; never raises, because a full disk must not end the script."""
        value = " ".join(map(str, values)).replace("\n", " ")
        line = f"{key.name}\t{value}\n".encode("utf-8", "surrogateescape")
        if self._held is None:
            self._append(line)
        else:
            self._held.append(line)

    def _append(self, lines: bytes) -> None:
        try:
            file = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
            try:
                os.write(file, lines)
            finally:
                os.close(file)
        except OSError:
            pass

    def failed(self, what: str, error: BaseException) -> None:
        """Note that a part of the recording did not work; the parent says so in the end."""
        self.write(FAILED, f"{what} ({type(error).__name__}: {error})")

    def uncaught(self) -> None:
        """Note the exception that ended the script, if one did."""
        error = getattr(sys, "last_value", None)
        if error is not None:
            self.write(EXCEPTION, type(error).__name__)
