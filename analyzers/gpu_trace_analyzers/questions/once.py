"""What is asked of a trace again and again, for each device and each rule, and walks all of it: asked once."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..model import Trace

P = ParamSpec("P")
T = TypeVar("T")


def once(question: Callable[Concatenate[Trace, P], T]) -> Callable[Concatenate[Trace, P], T]:
    """The question, whose answer the trace keeps. What else it is asked with must be hashable, and given in order."""

    @wraps(question)
    def asked(trace: Trace, /, *others: P.args, **_none: P.kwargs) -> T:
        key = (question, *others)
        if key not in trace.answers:
            trace.answers[key] = question(trace, *others, **_none)
        return cast("T", trace.answers[key])

    return asked
