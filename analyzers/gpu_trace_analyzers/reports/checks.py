"""The results of checks, as lines and as JUnit XML."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree

from ..limits import Outcome, UpperLimit
from ..units import NONE, duration, ratio, share
from .plain import plain
from .sections.verdict import extent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..limits import Checked

_WORDS = {Outcome.OK: "ok", Outcome.FAILED: "FAILED", Outcome.INCONCLUSIVE: "INCONCLUSIVE"}


def to_lines(path: str, results: Sequence[Checked]) -> list[str]:
    """One line per result: ``FAILED  trace.json.gz: GPU 0: overlap ratio 0.000, at least 0.9 wanted``."""
    return [plain(f"{_WORDS[row.outcome]:<12}  {path}: {row.subject}: {result_line(row)}") for row in results]


def result_line(row: Checked) -> str:
    """The figure, and what was wanted of it."""
    if row.outcome is Outcome.INCONCLUSIVE:
        return f"{row.figure}: {row.reason}"
    return f"{row.figure} {_value(row)}, {_wanted(row.limit)} wanted"


def to_junit(found: Mapping[str, Sequence[Checked]]) -> str:
    """A test suite per trace, a test case per result; what is inconclusive is an error, not a failure."""
    root = ElementTree.Element("testsuites", name="gpu-trace check")
    for path, results in found.items():
        outcomes = [row.outcome for row in results]
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=_printable(path),
            tests=str(len(results)),
            failures=str(outcomes.count(Outcome.FAILED)),
            errors=str(outcomes.count(Outcome.INCONCLUSIVE)),
        )
        for row in results:
            _case(suite, path, row)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _case(suite: ElementTree.Element, path: str, row: Checked) -> None:
    name = _printable(f"{row.subject}: {row.figure}")
    case = ElementTree.SubElement(suite, "testcase", classname=_printable(path), name=name)
    if row.outcome is not Outcome.OK:
        kind = "failure" if row.outcome is Outcome.FAILED else "error"
        ElementTree.SubElement(case, kind, message=_printable(result_line(row)))


def _value(row: Checked) -> str:
    if row.value is None:
        return NONE
    if not isinstance(row.limit, UpperLimit):
        return ratio(row.value)
    if row.whole_ns is None or row.steady is None:
        return duration(int(row.value))
    return f"{duration(int(row.value))} ({share(int(row.value), row.whole_ns)} of {extent(row.steady)})"


def _wanted(limit: float | UpperLimit) -> str:
    if not isinstance(limit, UpperLimit):
        return f"at least {limit:g}"
    return f"at most {duration(limit.ns)}" if limit.ns is not None else f"at most {100 * (limit.share or 0):g} %"


def _printable(text: str) -> str:
    """Without control characters, which XML cannot hold even escaped."""
    return "".join(c if c.isprintable() else " " for c in text)
