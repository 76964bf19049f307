"""Each question is answered once: what it is asked of keeps the answer."""

from __future__ import annotations

import threading
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

_CHANGING = threading.Lock()
"""of the answers of anything"""


class _Sought:
    """Stands for an answer that a thread looks for. No question asks itself, so no two threads wait for each other."""

    def __init__(self) -> None:
        self._found = threading.Lock()
        self._found.acquire()

    def end(self) -> None:
        """Let those who wait go on: it was found, or cannot be."""
        self._found.release()

    def wait(self) -> None:
        """Wait for the thread that looks for it."""
        with self._found:
            pass


def once(question: Callable[Concatenate[A, P], T]) -> Callable[Concatenate[A, P], T]:
    """The question, whose answer its first argument keeps. The other arguments must be hashable.

    So questions ask one another by a call, at no cost, and hand nothing on. Answers are shared: do not change them.
    Threads may ask at the same time.
    """
    form = signature(question)
    most = len(form.parameters) - 1

    @wraps(question)
    def asked(of: A, /, *others: P.args, **named: P.kwargs) -> T:
        key: tuple[Hashable, ...] = (question, *others)
        if named or len(others) < most:
            given = form.bind(of, *others, **named)
            given.apply_defaults()  # an argument that is left out and one that says the same are one question
            key = (question, *given.args[1:])
        while True:
            with _CHANGING:
                sought = of.answers.setdefault(key, mine := _Sought())
            if sought is mine:
                return _found(of.answers, key, lambda: question(of, *others, **named))
            if not isinstance(sought, _Sought):
                return cast("T", sought)
            sought.wait()

    return asked


def forget(of: Askable, question: Callable[..., object]) -> None:
    """Do not keep the answers to a question any longer: asked again, it is answered anew."""
    plain = getattr(question, "__wrapped__", question)
    with _CHANGING:
        for key in [key for key in of.answers if isinstance(key, tuple) and key[0] is plain]:
            del of.answers[key]


def _found(answers: dict[Hashable, Any], key: Hashable, look: Callable[[], T]) -> T:
    """Look for an answer that others may be waiting for; one that is not found is looked for again when next asked."""
    sought = answers[key]
    try:
        answer = look()
        with _CHANGING:
            answers[key] = answer
    except BaseException:
        with _CHANGING:
            del answers[key]
        raise
    finally:
        sought.end()
    return answer
