"""Times and limits as people type them on a command line."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import click

from gpu_trace_analyzers.errors import UsageError
from gpu_trace_analyzers.limits import LossLimit, UpperLimit

_UNITS_NS = {"s": 10**9, "ms": 10**6, "us": 10**3, "µs": 10**3, "ns": 1}
_TIME = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*(s|ms|us|µs|ns)")
_NUMBER = re.compile(r"\d+(?:\.\d*)?|\.\d+")
_LONGEST_NS = 2**62
"""146 years: a time of a trace and such a time after it are together still an int64."""
_LARGEST = 1e9
"""As seconds 30 years, which every clock of a system can wait."""
_PERCENT = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*%")


class Duration(click.ParamType):  # type: ignore[type-arg]  # generic in click 8.3 only
    """``250ms``, ``1.5s``, ``80us``: integer nanoseconds."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """In nanoseconds."""
        found = _TIME.fullmatch(str(value).strip())
        if not found:
            problem = "has no unit" if _NUMBER.fullmatch(str(value).strip()) else "is not a time"
            self.fail(f"{value!r} {problem}; write 250ms, 1.5s or 80us", param, ctx)
        exact_ns = Decimal(found[1]) * _UNITS_NS[found[2]]
        if exact_ns > _LONGEST_NS:
            self.fail(f"{value!r} is longer than any trace", param, ctx)
        return int(exact_ns)


class AtMost(click.ParamType):  # type: ignore[type-arg]  # generic in click 8.3 only
    """A time (``5ms``) or a share (``10%``)."""

    name = "time or share"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> UpperLimit:
        """As a limit."""
        share = _PERCENT.fullmatch(str(value).strip())
        if share:
            return UpperLimit(share=float(Decimal(share[1]) / 100))
        if not _TIME.fullmatch(str(value).strip()):
            self.fail(f"{value!r} is neither a time (5ms) nor a share (10%)", param, ctx)
        return UpperLimit(ns=Duration().convert(value, param, ctx))


class AtMostLost(click.ParamType):  # type: ignore[type-arg]  # generic in click 8.3 only
    """``idle=5%``, ``waiting_for_data=20ms``: the name of a loss, and how much of it is allowed."""

    name = "limit of a loss"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> LossLimit:
        """As a limit."""
        name, equals, limit = str(value).partition("=")
        if not equals:
            self.fail(f"{value!r} has no limit; write {name or 'idle'}=5% or {name or 'idle'}=20ms", param, ctx)
        try:
            return LossLimit(name.strip(), AtMost().convert(limit, param, ctx))
        except UsageError as error:
            self.fail(str(error), param, ctx)


class FiniteRange(click.FloatRange):
    """Numbers of a range that can be reckoned with: neither nan, which no bound keeps out, nor beyond any clock."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """As ``click.FloatRange`` does."""
        number: float = super().convert(value, param, ctx)
        if not abs(number) <= _LARGEST:
            self.fail(f"{value!r} is not a number in the range that gpu-trace supports", param, ctx)
        return number


class Ratio(click.ParamType):  # type: ignore[type-arg]  # generic in click 8.3 only
    """``0.95``, or the same as ``95%``."""

    name = "ratio"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """As a number from 0 to 1."""
        percent = _PERCENT.fullmatch(str(value).strip())
        number = float(Decimal(percent[1]) / 100) if percent else FiniteRange().convert(value, param, ctx)
        if not 0 <= number <= 1:
            self.fail(f"{value!r} is not a ratio from 0 to 1; write 0.95 or 95%", param, ctx)
        return number


class ShownPlace(click.ParamType):  # type: ignore[type-arg]  # generic in click 8.3 only
    """``worst``, ``none``, or ``12ms..14ms``: a place in a trace."""

    name = "place"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str | tuple[int, int]:
        """The word, or the times in nanoseconds."""
        text = str(value).strip()
        if text in ("worst", "none"):
            return text
        begin, dots, end = text.partition("..")
        if not dots:
            self.fail(f"{value!r} is not a place; write worst, none, or two times, such as 12ms..14ms", param, ctx)
        begin_ns, end_ns = (Duration().convert(each, param, ctx) for each in (begin, end))
        if begin_ns >= end_ns:
            self.fail(f"{value!r} ends before it begins; write the earlier time first", param, ctx)
        return begin_ns, end_ns


class StepSlice(click.ParamType):  # type: ignore[type-arg]  # generic in click 8.3 only
    """``10:20``: steps, as in a slice."""

    name = "steps"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """As the number of the first, and of the one after the last."""
        first, _, last = str(value).partition(":")
        if not (first.isdecimal() and last.isdecimal() and int(first) < int(last)):
            self.fail(f"{value!r} is not a range of steps; write two growing numbers, such as 10:20", param, ctx)
        return int(first), int(last)


SECONDS = FiniteRange(min=0)
