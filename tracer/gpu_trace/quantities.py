"""Times and limits as people type them on a command line."""

from __future__ import annotations

import re
from decimal import Decimal

import click

from gpu_trace_analyzers.limits import Most

_UNITS_NS = {"s": 10**9, "ms": 10**6, "us": 10**3, "µs": 10**3, "ns": 1}
_TIME = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*(s|ms|us|µs|ns)")
_PERCENT = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*%")


class Duration(click.ParamType):  # type: ignore[type-arg]  # generic in click 8.3 only
    """``250ms``, ``1.5s``, ``80us``: integer nanoseconds."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """In nanoseconds."""
        found = _TIME.fullmatch(str(value).strip())
        if not found:
            self.fail(f"{value!r} is no time; write it with a unit: 250ms, 1.5s, 80us", param, ctx)
        return int(Decimal(found[1]) * _UNITS_NS[found[2]])


class AtMost(click.ParamType):  # type: ignore[type-arg]  # generic in click 8.3 only
    """A time (``5ms``) or a share (``10%``)."""

    name = "time or share"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Most:
        """As a limit."""
        share = _PERCENT.fullmatch(str(value).strip())
        if share:
            return Most(share=float(Decimal(share[1]) / 100))
        if not _TIME.fullmatch(str(value).strip()):
            self.fail(f"{value!r} is neither a time (5ms) nor a share (10%)", param, ctx)
        return Most(ns=Duration().convert(value, param, ctx))
