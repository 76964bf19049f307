"""The window that an account speaks of: the steady steps, what was asked for, or the whole recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ..once import once

if TYPE_CHECKING:
    from ..scope import Scope, Window


@dataclass(frozen=True, slots=True)
class Steady:
    """A window of time, the same one on all devices, and how it was found."""

    window: Window | None
    """None: of each device its own span"""
    found_by: Literal["steps", "asked", "whole"]
    steps: str = ""
    """the name of the range that is a step; empty where steps did not decide"""
    first_step: int | None = None
    last_step: int | None = None
    """both inclusive, numbered as `step_figures` does"""
    left_out_ns: int = 0
    """recorded time before and after the window, from the first operation of any device to the end of the last"""


@once
def steady(
    scope: Scope, whole: bool = False, steps: tuple[int, int] | None = None, step_range: str | None = None
) -> Steady:
    """The window of the account of a trace."""
    del whole, steps, step_range  # until steps are found
    if scope.window is not None:
        return Steady(scope.window, "asked")
    return Steady(None, "whole")
