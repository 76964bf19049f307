"""From when to when it records: all of the script, unless a window was asked for, and never more than its budget."""

from __future__ import annotations

import os
import sys
import time
from _thread import allocate_lock

from . import awaited_range, background, captures, safepoint, signals
from .budget import Budget
from .contract import BOUNDED
from .unrecorded_steps import UnrecordedSteps

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .contract import Settings
    from .fork_warning import OurThreads
    from .notes import Notes
    from .recorder import Recorder

_LOOK_EVERY_S = 0.5
_MOST_LOOKS = 6
"""at busy devices, before events are counted nevertheless"""
_SPARE_SHARE = 0.05
"""Of the machine's memory, what is left to it in any case."""


class Bounds:
    """Starts and ends the recording within what was asked for."""

    def __init__(
        self,
        settings: Settings,
        recorder: Recorder,
        notes: Notes,
        threads: OurThreads,
        repeat: Callable[[Callable[[], float], float], None] = background.repeat,
    ) -> None:
        """``repeat`` calls a function again and again, as `background.repeat` does."""
        self._repeat = repeat
        self._settings = settings
        self._recorder = recorder
        self._notes = notes
        self._threads = threads
        self._budget = Budget(settings.events, settings.level)
        self._steps = 0
        self._inside = 0
        self._due = 0
        self._began_s = 0.0
        self._lock = allocate_lock()
        self._is_watched = False
        self._may_begin = False
        self.leave: Callable[[], None] = _nothing
        """ends the waiting for ranges, and the counting of steps"""
        self._unrecorded: UnrecordedSteps | None = None
        """once the steps that were asked for are recorded, and dependencies with them"""
        self._listen()

    def begin(self) -> None:
        """From now on the script can be recorded: do so, or wait for the window."""
        self._may_begin = self._recorder.belongs_here
        if not self._may_begin:
            return
        if self._settings.steps is not None:
            self._at_step()
        elif self._settings.range_name:
            self._recorder.warm_up()
            self._in_range()
        elif self._settings.after_s:
            self._recorder.warm_up()
            self._in_the_background(self._start_late, self._settings.after_s)
        else:
            self._start()

    def _listen(self) -> None:
        if self._settings.range_name:
            self._await(self._settings.range_name, self._range_edge)
        elif self._settings.steps and self._settings.step_range:
            self._await(self._settings.step_range, self._step_edge)
        elif self._settings.steps:
            optimizers = sys.modules["torch.optim.optimizer"]
            self.leave = optimizers.register_optimizer_step_post_hook(self._stepped).remove

    def _await(self, name: str, edge: Callable[[bool], None]) -> None:
        library = self._settings.injection
        awaited_range.tell_of(name, library, edge)
        self.leave = lambda: awaited_range.tell_of_none(library)

    def _range_edge(self, entered: bool) -> None:
        self._inside += 1 if entered else -1
        self._in_range()

    def _in_range(self) -> None:
        if self._inside and not self._recorder.is_wanted and self._may_begin:
            self._start()
        elif not self._inside and self._recorder.is_wanted:
            self._recorder.pause()

    def _step_edge(self, entered: bool) -> None:
        if not entered:
            self._stepped()

    def _start_late(self) -> float:
        self._start()
        return -1

    def _start(self) -> None:
        self._recorder.start()
        if not self._began_s:
            self._began_s = time.monotonic()
            self._budget.begin()
        with self._lock:
            is_watched, self._is_watched = self._is_watched, True
        if not is_watched:
            self._in_the_background(self._watch, _until_next_look_s(self._left_s()))

    def _in_the_background(self, look: Callable[[], float], after_s: float) -> None:
        try:
            self._threads.counted(lambda: self._repeat(lambda: safepoint.ours(look), after_s))
        except RuntimeError as error:  # the system allows no more threads: that is not the script's concern
            self._notes.failed("the limits of the recording do not apply", error)

    def _stepped(self, *_: object) -> None:
        self._steps += 1
        if self._may_begin:
            self._at_step()

    def _at_step(self) -> None:
        first, last = self._settings.steps or (0, 0)
        if first <= self._steps < last and not self._recorder.is_wanted:
            self._start()
        elif self._unrecorded is not None and self._recorder.belongs_here:
            self._unrecorded.step()
        elif self._steps >= last:
            self._end(f"the {last - first} requested steps")
            if self._settings.dependencies and self._steps == last:
                self._unrecorded = UnrecordedSteps(last - first, self._notes)

    def _watch(self) -> float:
        """One thread does this, for as long as anything is recorded; after how long again, less than 0 at the end."""
        if not self._is_wanted():
            return -1
        try:
            signals.take_again()
            return _until_next_look_s(self._look())
        except Exception as error:
            self._notes.failed("the limits of the recording do not apply", error)
            return -1

    def _is_wanted(self) -> bool:
        """Whether to go on watching; with the lock, so that the next start knows whether a watcher is running."""
        with self._lock:
            self._is_watched = self._recorder.is_wanted
            return self._is_watched

    def _look(self) -> float:
        """End the recording if it is time; how many seconds there are left of what was asked for."""
        left_s = self._left_s()
        if captures.under_way():  # to synchronize would end the script's capture
            return max(left_s, _LOOK_EVERY_S)
        self._recorder.flush()
        if not os.path.isdir(self._settings.raw):  # the run is complete: this process goes on without it
            self._end("the end of the script")
        elif left_s <= 0:
            self._end(f"the requested {self._settings.duration_s:g} s")
        elif self._is_spent():
            self._end(f"the budget of {self._budget.events:,} events")
        elif _spare_share() < _SPARE_SHARE:
            self._end("the point at which the machine ran low on memory")
        return left_s

    def _left_s(self) -> float:
        """Of the requested duration; negative once it is over."""
        duration_s = self._settings.duration_s
        return self._began_s + duration_s - time.monotonic() if duration_s else 3600.0

    def _is_spent(self) -> bool:
        if self._recorder.knows_its_events:
            return self._recorder.events >= self._budget.events
        return self._should_count() and self._budget.spend(self._recorder.renew())

    def _should_count(self) -> bool:
        """If the budget may be spent: while the devices are idle, or, where they never are, some time later."""
        self._due = self._due + 1 if self._recorder.is_recording and self._budget.may_be_spent() else 0
        return self._due > 0 and (self._recorder.devices_are_idle() or self._due > _MOST_LOOKS)

    def _end(self, reason: str) -> None:
        if self._recorder.is_wanted:
            self._notes.write(BOUNDED, reason)
            self._recorder.finish_early()


def _until_next_look_s(left_s: float) -> float:
    return max(0.0, min(_LOOK_EVERY_S, left_s))


def _nothing() -> None: ...


def _spare_share() -> float:
    """Of the machine's memory, what is left; all of it where the system does not say."""
    try:
        with open("/proc/meminfo", encoding="utf-8") as file:
            sizes = dict(line.split(":") for line in file)
        return int(sizes["MemAvailable"].split()[0]) / int(sizes["MemTotal"].split()[0])
    except (OSError, KeyError, ValueError):
        return 1.0
