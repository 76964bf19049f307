"""From when to when it records: all of the script, unless a window was asked for, and never more than memory allows."""

from __future__ import annotations

import os
import sys
import time
from _thread import start_new_thread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .fork_warning import OurThreads
    from .notes import Notes
    from .recorder import Recorder
    from .settings import Settings

_LOOK_EVERY_S = 0.5
_SPARE_SHARE = 0.05
"""Of the machine's memory, what is left to it in any case."""


class Bounds:
    """Starts and ends the recording within what was asked for."""

    def __init__(self, settings: Settings, recorder: Recorder, notes: Notes, threads: OurThreads) -> None:
        self._settings = settings
        self._recorder = recorder
        self._notes = notes
        self._threads = threads
        self._steps = 0

    def begin(self) -> None:
        """From now on the script can be recorded: do so, or wait for the window."""
        if not self._recorder.belongs_here:
            return
        if self._settings.steps is not None:
            sys.modules["torch.optim.optimizer"].register_optimizer_step_post_hook(self._stepped)
            self._at_step()
        elif self._settings.after_s:
            self._recorder.warm_up()
            self._threads.counted(lambda: start_new_thread(self._start_late, ()))
        else:
            self._start()

    def _start_late(self) -> None:
        time.sleep(self._settings.after_s)
        self._start()

    def _start(self) -> None:
        self._recorder.start()
        began = (time.monotonic(), _resident_bytes())
        self._threads.counted(lambda: start_new_thread(self._watch, began))

    def _stepped(self, *_: object) -> None:
        self._steps += 1
        self._at_step()

    def _at_step(self) -> None:
        first, last = self._settings.steps or (0, 0)
        if self._steps == first:
            self._start()
        if self._steps == last:
            self._end(f"the {last - first} optimizer steps asked for")

    def _watch(self, began_s: float, resident_bytes: int) -> None:
        while self._recorder.is_wanted:
            left_s = began_s + self._settings.duration_s - time.monotonic() if self._settings.duration_s else 3600.0
            if left_s <= 0:
                self._end(f"the {self._settings.duration_s:g} s asked for")
            elif _resident_bytes() - resident_bytes > self._settings.memory_bytes:
                self._end(f"the memory budget: the process had grown by {self._settings.memory_bytes >> 20} MiB")
            elif _spare_share() < _SPARE_SHARE:
                self._end("the machine's memory: hardly any was left")
            time.sleep(max(0.0, min(_LOOK_EVERY_S, left_s)))

    def _end(self, reason: str) -> None:
        if self._recorder.is_wanted:
            self._notes.write("bounded", reason)
            self._recorder.finish()


def _resident_bytes() -> int:
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def _spare_share() -> float:
    with open("/proc/meminfo", encoding="ascii") as file:
        sizes = dict(line.split(":") for line in file)
    return int(sizes["MemAvailable"].split()[0]) / int(sizes["MemTotal"].split()[0])
