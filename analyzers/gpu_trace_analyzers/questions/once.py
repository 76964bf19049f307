"""Each question is answered once: what it is asked of keeps the answer."""

from __future__ import annotations

from functools import wraps
from inspect import signature
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, Protocol, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable


class Askable(Protocol):
    """What can be asked: a `Trace`, a `Scope` or `Stretches`."""

    @property
    def answers(self) -> dict[Hashable, Any]:
        """What was asked of it before."""
        ...


A = TypeVar("A", bound=Askable)
P = ParamSpec("P")
T = TypeVar("T")


def once(question: Callable[Concatenate[A, P], T]) -> Callable[Concatenate[A, P], T]:
    """The question, whose answer its first argument keeps. The other arguments must be hashable.

    So questions ask one another by a call, at no cost, and hand nothing on. Answers are shared: do not change them.
    """
    form = signature(question)

    @wraps(question)
    def asked(of: A, /, *others: P.args, **named: P.kwargs) -> T:
        given = form.bind(of, *others, **named)
        given.apply_defaults()  # an argument that is left out and one that says the same are one question
        key = (question, *given.args[1:])
        if key not in of.answers:
            of.answers[key] = question(of, *others, **named)
        return cast("T", of.answers[key])

    return asked
