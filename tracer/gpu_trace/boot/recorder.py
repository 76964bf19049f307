"""The recording of this process: when it starts, gives way, resumes, and ends.

Sessions follow one another: each is saved to a file of its own, and the parent joins them.
"""

from __future__ import annotations

import errno
import os
import sys
import time
from _thread import RLock

from . import captures, contract, cupti_leaving, devices, process_groups, recording_cost, stream_waits
from .activities import Activities
from .execution_trace import ExecutionTrace
from .garbage import Garbage
from .names import process_name
from .ranks import in_job
from .session import Calls, Session
from .threads import living

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .contract import Settings
    from .fork_warning import OurThreads
    from .notes import Notes


_IDLE_S = 0.0005
"""Devices with nothing to do are synchronized within a tenth of this."""
_LEAVING_S = 1.0
_MOST_UNSAVED = 2
"""Parts in a row: what hindered these would hinder a third, for which the script had paid by then."""


class Recorder:
    """Starts at the right moment and ends once. Methods never raise: failures go to the notes."""

    def __init__(self, settings: Settings, notes: Notes, threads: OurThreads) -> None:
        self._settings = settings
        self._notes = notes
        self._pid = os.getpid()
        self._threads = threads
        self._lock = RLock()
        self._calls: Calls | None = None
        self._session: Session | None = None
        self._activities: Activities | None = None
        """while the CUPTI recording library records CUPTI's activities, beside the session"""
        self._cupti_refused = False
        self._may_have_cupti = False
        """since the last session, until CUPTI leaves"""
        self.execution_trace = ExecutionTrace(notes)
        """with each session, once it was added"""
        self._garbage = Garbage()
        self._events = 0
        self._parts = self._unsaved = 0
        self._first_part = 0
        """above 0 where the process was another program before, which was recorded as well"""
        self._wanted = False
        self._given_way = False
        self._is_kept_away = False
        self._finished = False
        self._has_joined = False
        self._groups = ""
        self.sessions = 0
        """how many were begun, with those that only warmed up"""
        os.register_at_fork(after_in_child=self._unlock)

    def _unlock(self) -> None:
        """In a forked child the lock may be held by a thread that does not exist there."""
        self._lock = RLock()

    @property
    def belongs_here(self) -> bool:
        """Whether this is the process that is recorded, and no forked child of it."""
        return os.getpid() == self._pid

    @property
    def has_hooks(self) -> bool:
        """Whether torch was imported, and is watched."""
        return self._calls is not None

    def move_here(self) -> None:
        """Belong to this forked child, whose parent never had a session: in it there can be one."""
        self._pid = os.getpid()

    @property
    def is_wanted(self) -> bool:
        """Whether it has been started and not finished; it may have given way for a while."""
        return self._wanted and not self._finished

    @property
    def is_recording(self) -> bool:
        """Whether there is a session just now."""
        return self._session is not None

    @property
    def knows_its_events(self) -> bool:
        """Whether `events` is all that is recorded of the GPU: Kineto does not say what it holds."""
        return self._activities is not None

    @property
    def events(self) -> int:
        """How many of CUPTI's records the CUPTI recording library has written."""
        activities = self._activities
        return self._events + (activities.count if activities else 0)

    @property
    def had_session(self) -> bool:
        """Whether this process, or the one it was forked from, ever had a session."""
        return self._session is not None or self._parts > self._first_part

    @property
    def is_busy_in_this_thread(self) -> bool:
        """Whether this very thread is between two of our steps (a signal came at a bad moment)."""
        return bool(self._lock._is_owned())  # type: ignore[attr-defined]  # as threading.Condition uses it

    def use(self, calls: Calls) -> None:
        """Learn torch's own calls; nothing can be recorded before."""
        self._calls = calls
        self._parts = self._first_part = _sessions_in(self._settings.raw, self._pid)

    def warm_up(self) -> None:
        """Have Kineto initialized in this thread, so that another one may start the recording later."""
        with self._lock:
            if self._calls is not None and not self._given_way:
                self.sessions += 1
                Session(self._calls, "gpu", self._uses_gpu(), only_ranges=True).stop()

    def start(self) -> None:
        """Begin to record, or, while the script's own profiler works, as soon as that is done."""
        with self._lock:
            self._wanted = True
            self._begin()
            self._note_absence()

    def pause(self) -> None:
        """Stop until the next `start`."""
        with self._lock:
            self._wanted = False
            self._note_absence()
            self._end(patience_s=60.0)

    def give_way(self) -> None:
        """Stop for the script's own profiler, since torch can run one only."""
        with self._lock:
            self._given_way = True
            self._note_absence()
            self._end(patience_s=60.0)

    def resume(self) -> None:
        """Record again: the script's own profiler has ended."""
        with self._lock:
            self._given_way = False
            self._begin()
            self._note_absence()

    def renew(self) -> int:
        """Save what was recorded so far, and go on in a new session; about how many events were saved.

        A part that cannot be saved is lost, and the notes say so; with the second in a row the recording ends.
        """
        with self._lock:
            if self._session is None:
                return 0
            began = time.time_ns()
            saved = self._end(patience_s=60.0)
            self._unsaved = 0 if saved else self._unsaved + 1
            if self._unsaved == _MOST_UNSAVED:
                self._wanted = False
                self._notes.write(contract.BOUNDED, f"the failure to save {_MOST_UNSAVED} parts in a row")
                return 0
            self._begin()  # not before all is saved: a session's times are lost as soon as the next one begins
            self._notes.write(contract.RENEWED, time.time_ns() - began)
        return _events_in(saved) if saved else 0

    def flush(self) -> None:
        """Have on disk what is complete by now, in case the process is killed."""
        if self._lock.acquire(blocking=False):  # the thread that has it saves all anyway
            try:
                if self._activities is not None and self.belongs_here:
                    self._activities.flush()
            finally:
                self._lock.release()

    def devices_are_idle(self) -> bool:
        """Whether there is nothing to wait for, just now."""
        began = time.monotonic()
        return devices.synchronized_within(_IDLE_S) and time.monotonic() - began < _IDLE_S

    def finish(self, patience_s: float = 60.0) -> None:
        """Stop for good and save; later calls do nothing."""
        if not self.belongs_here:
            return
        with self._lock:
            if not self._finished:
                self._finished = True
                self._note_absence()
                self._end(patience_s)
                self._note_processes()
                self._notes.write(contract.PROCESS, process_name())  # one that was forked learned it late

    def finish_early(self) -> None:
        """Stop for good in a script that goes on. Where it is ending just now, CUPTI's end is that of the process."""
        with self._lock:
            if self.is_wanted:
                self.finish()
                self.leave_cupti()

    def leave_cupti(self) -> None:
        """Have CUPTI leave the process, which goes on; unless the script's own profiler has it, or work never ends."""
        with self._lock:
            is_over = self._finished and self._may_have_cupti and self.belongs_here
            if not (is_over and devices.have_cupti() and cupti_leaving.is_asked()):
                return
            try:
                if not self._given_way and not captures.under_way() and devices.synchronized_within(_LEAVING_S):
                    self._may_have_cupti = False
                    cupti_leaving.leave()
            except Exception as error:
                self._notes.failed("launches may have stayed slower after the recording: CUPTI did not leave", error)

    def measure_cost(self) -> None:
        """With an execution trace: note what sessions add to operators and calls, once all are saved."""
        calls, trace = self._calls, self.execution_trace
        is_done = self._finished and self._parts > 0 and self.belongs_here
        if calls is None or not (is_done and trace.may_write) or self._given_way or captures.under_way():
            return
        try:
            with_gpu = self._may_have_cupti = self._uses_gpu()
            operator_ns, call_ns = recording_cost.measured(
                lambda: Session(calls, self._settings.level, with_gpu), trace, with_gpu
            )
            self._notes.write(contract.OPERATOR_COST, operator_ns)
            if call_ns is not None:
                self._notes.write(contract.CALL_COST, call_ns)
        except Exception as error:
            self._notes.failed("the cost of recording an operator could not be measured", error)

    def leave(self) -> None:
        """Have nothing of the recording in the script's own lists, as its process ends."""
        self._garbage.leave()

    def reopen(self) -> None:
        """Take a `finish` back: the process did not end after all."""
        with self._lock:
            self._finished = False
            self._begin()
            self._note_absence()

    def _begin(self) -> None:
        may = self._wanted and not self._given_way and not self._finished and self.belongs_here
        calls = self._calls
        if not may or self._session is not None or calls is None:
            return
        try:
            with_gpu = self._may_have_cupti = self._uses_gpu()
            self._notes.write(contract.STARTS, time.time_ns())
            self.sessions += 1
            self.execution_trace.begin()
            self._session = self._threads.counted(lambda: self._new_session(calls, with_gpu))
            self._notes.write(contract.RECORDED_FROM, self._parts, time.time_ns())
            self.note_rank()  # it may be killed
            self._notes.write(contract.RECORDING, contract.GPU if with_gpu else contract.CPU)
            self._notes.write(contract.SOURCE, contract.CUPTI if self._activities else contract.KINETO)
            if with_gpu and self._parts == self._first_part:
                self._notes.write(contract.DEVICES, devices.described())
            if with_gpu and not self._activities and devices.have_cupti():
                self._notes.write(contract.STREAM_WAITS, int(stream_waits.enable()))
            self._garbage.begin(f"{self._settings.raw}/{contract.garbage_file(self._pid)}")
        except Exception as error:
            self._wanted = False
            self.execution_trace.end()
            self._notes.failed(contract.NOT_STARTED, error)

    def _new_session(self, calls: Calls, with_gpu: bool) -> Session:
        level = self._settings.level
        only_ranges = with_gpu and level == "gpu"
        if only_ranges and self._settings.activities and not self._cupti_refused and devices.have_cupti():
            session = Session(calls, level, with_gpu=False, only_ranges=True)
            if self._takes_cupti():  # after Kineto, which takes it for its own rows of calls
                return session
            session.stop()
        return Session(calls, level, with_gpu, only_ranges)

    def _takes_cupti(self) -> bool:
        try:
            activities = Activities(self._settings.activities)
            refused = activities.begin(self._path(contract.CUPTI))
        except OSError as error:
            refused = str(error)
        if refused:
            self._cupti_refused = True
            self._notes.write(contract.REFUSED, refused)
            return False
        self._activities = activities
        return True

    def _path(self, source: str) -> str:
        return f"{self._settings.raw}/{contract.session_file(source, self._pid, self._parts)}"

    def _uses_gpu(self) -> bool:
        return self._settings.has_gpu and devices.are_used()

    def _end(self, patience_s: float) -> str:
        """Stop the session, if there is one, and save it; where to, or nothing."""
        session, self._session = self._session, None
        if session is None or not self.belongs_here:
            return ""
        try:
            self._garbage.pause()
            return self._save(session, patience_s)
        except Exception as error:
            self._notes.failed(contract.NOT_SAVED, error)
            return ""
        finally:
            self.execution_trace.end()

    def _save(self, session: Session, patience_s: float) -> str:
        self._prepare_to_stop(patience_s)
        path = f"{self._path(contract.KINETO)}.json"
        part, self._parts = self._parts, self._parts + 1
        self._notes.write(contract.RECORDED_TO, part, time.time_ns())  # it may be killed
        cupti_ended_ns = self._leave_cupti()
        result = session.stop()
        began = cupti_ended_ns or session.ended_ns
        self._notes.write(contract.RECORDED_TO, part, began)
        self.execution_trace.end()
        stopped = time.time_ns()
        _try_to_create(f"{path}.part.tmp")  # which Kineto writes, and renames
        _try_to_create(f"{path}.part")
        result.save(f"{path}.part")
        if not _is_whole(f"{path}.part"):
            raise OSError(errno.ENOSPC, "the file is incomplete; check the free disk space")
        os.rename(f"{path}.part", path)
        self.note_rank()
        self._notes.write(contract.STOPPED, began, stopped, time.time_ns())
        return path

    def _leave_cupti(self) -> int:
        """When CUPTI recorded last for the CUPTI recording library; 0 where it did not."""
        activities, self._activities = self._activities, None
        if activities is None:
            return 0
        dropped = activities.end()
        self._events += activities.count
        if dropped:
            self._notes.write(contract.DROPPED, dropped)
        return activities.ended_ns

    def _prepare_to_stop(self, patience_s: float) -> None:
        began = time.time_ns()
        self._notes.write(contract.STOPPING, began)
        try:
            if not devices.synchronized_within(patience_s):
                self._notes.write(contract.UNSYNCHRONIZED, (time.time_ns() - began) // 10**6)
            for thread in living():
                self._notes.write(contract.THREAD, thread)
        except Exception as error:  # a session that is not stopped loses all
            self._notes.failed("the end of the recording could not be prepared", error)

    def _note_absence(self) -> None:
        """From when to when the script's own profiler keeps this one from what it is to record."""
        is_kept_away = self.is_wanted and self._given_way and self.belongs_here
        if is_kept_away != self._is_kept_away:
            self._is_kept_away = is_kept_away
            self._notes.write(contract.GAVE_WAY if is_kept_away else contract.CAME_BACK, time.time_ns())

    def _note_processes(self) -> None:
        """How many processes the script started: their work is not in its trace."""
        processes = sys.modules.get("multiprocessing.process")
        counter = repr(getattr(processes, "_process_counter", ""))  # count(3): to take from it would change it
        number = counter.removeprefix("count(").removesuffix(")")
        if number.isdecimal() and int(number) > 1:
            self._notes.write(contract.STARTED, int(number) - 1)

    def note_rank(self) -> None:
        """Of a distributed job: by its process groups, while there are any, else by what its launcher set."""
        distributed = sys.modules.get("torch.distributed")
        if distributed and distributed.is_available() and distributed.is_initialized():
            self._has_joined = True
            self._notes.write(contract.BACKEND, distributed.get_backend())
            self._note_place(distributed.get_rank(), distributed.get_world_size())
            self._note_groups(process_groups.described())
        elif not self._has_joined and (place := in_job(os.environ)):
            self._note_place(*place)

    def _note_groups(self, described: str) -> None:
        if described and described != self._groups:
            self._groups = described
            self._notes.write(contract.GROUPS, described)

    def _note_place(self, rank: int, size: int) -> None:
        self._notes.write(contract.RANK, rank)
        self._notes.write(contract.WORLD_SIZE, size)


def _sessions_in(raw: str, pid: int) -> int:
    """How many sessions of a process, at most, have left files."""
    names = [contract.session_file(source, pid) for source in (contract.KINETO, contract.CUPTI)]
    try:
        left = [file for file in os.listdir(raw) if file.startswith(tuple(names))]
    except OSError:  # what then cannot be written says so
        return 0
    return max(map(contract.session_of, left), default=-1) + 1


def _try_to_create(path: str) -> None:
    """Raise where nothing can be written; Kineto would only print."""
    with open(path, "wb"):
        os.remove(path)


def _is_whole(path: str) -> bool:
    """Whether Kineto has written all: it reports no error if it could not, and may leave no file at all."""
    try:
        with open(path, "rb") as file:
            file.seek(max(0, os.path.getsize(path) - 64))
            return file.read().rstrip().endswith(b"}")
    except FileNotFoundError:
        return False


def _events_in(path: str) -> int:
    """About how many events Kineto saved, those that have a length."""
    events = 0
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            events += block.count(b'"ph": "X"')
    return events
