"""Events of Chrome's JSON format as text, many at a time.

Format: https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU (Trace Event Format).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gpu_trace_analyzers.vocabulary.kineto import Category, Key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gpu_trace_analyzers.model import Int64

    Rows = Sequence[object]


def microseconds(times_ns: Int64) -> list[str]:
    """Times as the format has them, in microseconds, to the nanosecond: ``1234.567``. None is negative."""
    return [f"{ns // 1000}.{ns % 1000:03d}" for ns in times_ns.tolist()]


def quoted(texts: Iterable[str]) -> list[str]:
    """Strings as JSON. Not in ASCII: Perfetto shows the escapes in the names of processes as they are."""
    # Lone surrogates, which a damaged file can hold, have no UTF-8.
    return [json.dumps(text.encode("utf-8", "replace").decode(), ensure_ascii=False) for text in texts]


def complete(
    category: Rows, name: Rows, pid: Rows, tid: Rows, start: Rows, duration: Rows, args: Rows
) -> Iterator[str]:
    """Slices: name and args are JSON already, times are text."""
    for c, n, p, t, s, d, a in zip(category, name, pid, tid, start, duration, args, strict=True):
        yield f'{{"ph":"X","cat":"{c}","name":{n},"pid":{p},"tid":{t},"ts":{s},"dur":{d},"args":{a}}}'


def arrows(number: Rows, pid: Rows, tid: Rows, at: Rows, phase: str) -> Iterator[str]:
    """Beginnings (``s``) or ends (``f``) of arrows, bound to the slice that is open there."""
    head = f'{{"ph":"{phase}","bp":"e","cat":"ac2g","name":"launch","id":'
    for n, p, t, a in zip(number, pid, tid, at, strict=True):
        yield f'{head}{n},"pid":{p},"tid":{t},"ts":{a}}}'


def counter(name: str, unit: str, pid: int, at: Rows, value: Rows) -> Iterator[str]:
    """Values of a counter over time."""
    head = f'{{"ph":"C","name":{json.dumps(name)},"pid":{pid},"tid":0,"ts":'
    for a, v in zip(at, value, strict=True):
        yield f'{head}{a},"args":{{"{unit}":{v}}}}}'


def recorded_counter(
    name: str, pid: int, at: Rows, drawn: str, value: Rows, beside: str, threads: Rows
) -> Iterator[str]:
    """Values of a counter that was recorded, drawn under that key; ``beside`` and each row's thread are read back."""
    head = f'{{"ph":"C","cat":"{Category.COUNTER}","name":{name},"pid":{pid},"tid":0,"ts":'
    for a, v, t in zip(at, value, threads, strict=True):
        yield f'{head}{a},"args":{{{drawn}:{v}}},"{Key.RECORDED}":{{"value":{v},{beside}{t}}}}}'


def process(pid: int, name: str, rank: int) -> Iterator[str]:
    """What a process is called, and which place it has among the others."""
    yield _metadata("process_name", pid, 0, {"name": name})
    yield _metadata("process_sort_index", pid, 0, {"sort_index": rank})


def thread(pid: int, tid: int, name: str, rank: int) -> Iterator[str]:
    """A thread's name, and its place among the others."""
    yield _metadata("thread_name", pid, tid, {"name": name})
    yield _metadata("thread_sort_index", pid, tid, {"sort_index": rank})


def _metadata(kind: str, pid: int, tid: int, args: dict[str, object]) -> str:
    event = {"ph": "M", "name": kind, "pid": pid, "tid": tid, "ts": 0, "args": args}
    return json.dumps(event, ensure_ascii=False).encode("utf-8", "replace").decode()


def arguments(columns: dict[str, Rows], count: int) -> list[str]:
    """JSON objects of (count,) columns whose cells are JSON; an empty cell is left out."""
    keys = [f'"{name}":' for name in columns]
    if not keys:
        return ["{}"] * count
    if len(keys) == 1:
        (cells,) = columns.values()
        return ["{}" if cell == "" else f"{{{keys[0]}{cell}}}" for cell in cells]
    rows = zip(*columns.values(), strict=True)
    return ["{" + ",".join(f"{k}{v}" for k, v in zip(keys, row, strict=True) if v != "") + "}" for row in rows]
