"""Writes ``execution-trace.json.gz``: what PyTorch's observer wrote of a process, as valid JSON and with its end.

PyTorch ends the file only where a script's own observer took its place. It writes the names of ``record_function``
ranges unescaped, and where the process was killed, half a node.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec

from ..boot.contract import CALIBRATION, OWN_NODE, execution_trace_file
from . import trace_file
from .kineto_text import is_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

_NODE = re.compile(rb'\s*\{\s*"id": (?P<id>\d+), "name": "(?P<name>.*?)", "ctrl_deps": \d+,\s*"inputs": ', re.DOTALL)
_BEGINNING = re.compile(rb'\n\s*\{\s*"id": \d+, "name": "')
_END = re.compile(rb'(?<=\})\s*\],\s*"finish_ts": (\d+)\s*\}\s*$')
_OF_A_THREAD = b"[pytorch|profiler|execution_trace|thread]"
_ROOT = "1"
_ROOT_NODE = b"""
    {
      "id": 1, "name": "[pytorch|profiler|execution_trace|process]", "ctrl_deps": 1,
      "inputs": {"values": [], "shapes": [], "types": [], "strides": []},
      "outputs": {"values": [], "shapes": [], "types": [], "strides": []},
      "attrs": [{"name": "rf_id", "type": "uint64", "value": 0}]
    }"""
_BLOCK = 1 << 20


@dataclass
class ExecutionTrace:
    """What of it was written: ``operators`` are its nodes without those that stand for threads and the process."""

    operators: int = 0
    invalid: int = 0
    """nodes that are left out"""
    is_cut: bool = False
    """whether nodes were lost that PyTorch had not written when the process ended"""

    @property
    def lost(self) -> list[str]:
        """What is not in it, in sentences for the user."""
        invalid = f"the data dependencies of {self.invalid} operators: PyTorch did not write valid JSON of them"
        cut = "the data dependencies of the last operators: the process ended before they were written"
        return [invalid] * bool(self.invalid) + [cut] * self.is_cut


def write(raw: Path, pid: int, path: Path) -> ExecutionTrace | None:
    """Write that of a process, whole or not at all; None, and nothing, where it has no operator. Raises OSError."""
    source = raw / execution_trace_file(pid)
    if not source.exists():
        return None
    with source.open("rb") as file:
        reading = _Reading(file)
        trace_file.write(path, reading.text())
    if not reading.found.operators:
        path.unlink()
        return None
    return reading.found


class _Reading:
    """One pass through PyTorch's file."""

    def __init__(self, file: BinaryIO) -> None:
        self._pieces = _pieces(file)
        self._finish_ms = b""
        self._was_invalid = False
        """the node before this one; the last in the file is expected to be, where the process was killed"""
        self.found = ExecutionTrace()

    def text(self) -> Iterator[bytes]:
        """The file as it shall be, piece by piece."""
        yield next(self._pieces)
        for node in self._nodes():
            yield node + b","
        yield _ROOT_NODE + b"\n  ]"
        if self._finish_ms:
            yield b',\n  "finish_ts": ' + self._finish_ms
        yield b"\n}\n"

    def _nodes(self) -> Iterator[bytes]:
        """The nodes that are the script's, each whole and valid."""
        for piece in self._pieces:
            self.found.invalid += self._was_invalid
            self._was_invalid = False
            if end := _END.search(piece):
                self._finish_ms = end[1]
            node = piece[: end.start()] if end else piece.rstrip().removesuffix(b",")
            name = _NODE.match(node)
            if name and name["name"].startswith(OWN_NODE.encode()):
                if name["name"] == CALIBRATION.encode():
                    self.found.is_cut = False
                    return
                self._edge(name["name"])
            elif name and name["id"] != _ROOT.encode():
                yield from self._valid(node, name)

    def _edge(self, name: bytes) -> None:
        """A session begins, or has ended; then the node has the time."""
        ended_ms = name.removeprefix(OWN_NODE.encode()).rstrip(b".").strip()
        self.found.is_cut = not ended_ms
        self._finish_ms = ended_ms or self._finish_ms

    def _valid(self, node: bytes, name: re.Match[bytes]) -> Iterator[bytes]:
        if not is_json(node):
            escaped = msgspec.json.encode(name["name"].decode("utf-8", "replace"))[1:-1]
            node = node[: name.start("name")] + escaped + node[name.end("name") :]
        if is_json(node):
            self.found.operators += name["name"] != _OF_A_THREAD
            yield node
        else:
            self._was_invalid = True


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    """What stands before the first node, and then each node with what follows it."""
    rest = b""
    while block := file.read(_BLOCK):
        text = rest + block
        starts = [0, *(found.start() for found in _BEGINNING.finditer(text))]
        for start, end in pairwise(starts):
            yield text[start:end]
        rest = text[starts[-1] :]
    yield rest
