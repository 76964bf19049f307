"""Starts the script and waits for its end, as a shell would."""

from __future__ import annotations

import os
import signal
import sys
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from gpu_trace_analyzers.errors import UsageError

from ..boot import environment
from ..boot.contract import Settings
from ..cupti_recording.library import activities_library
from ..nvtx_recording.environment import injection, injection_library
from . import beforehand, interpreter, notes, stacks, unheard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from .folder import RunFolder
    from .request import Request

_NAMES = ("HUP", "INT", "QUIT", "ALRM", "TERM", "USR1", "USR2", "XCPU", "VTALRM", "PROF", "IO", "PWR")
_PASSED_ON = {signal.Signals[f"SIG{name}"] for name in _NAMES}
"""Those that boot/signals.c watches: they are meant for the script, whose end we then have to see."""
_IGNORED_BY_PYTHON = [signal.SIGPIPE, signal.SIGXFSZ]
_LOOK_EVERY_S = 1.0
_FROM_THE_KERNEL = 0x80
"""``si_code`` SI_KERNEL: the terminal sent it to the whole group, the script included."""


def run(request: Request, folder: RunFolder, saving: Callable[[], None]) -> tuple[int, int]:
    """Run the script under recording until it ends; its wait status, and its process id.

    It shares stdin, stdout, stderr, working directory and process group. Raises `UsageError` where Python cannot be
    started. ``saving`` is called once if the recording takes long to stop and save: the shell waits for that.
    """
    if interpreter.can_be_watched():
        command = interpreter.command_heeding_environment(request.target.command)
        variables = environment.recording(os.environ, settings_of(request, folder), _is_ignored)
    else:
        command, variables = interpreter.command(request.target.command), dict(os.environ)
    watched = _PASSED_ON | {signal.SIGCHLD}
    # Blocked, not handled: so that each can be looked at, and the child starts with the mask and handlers we got.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, watched)
    afterwards = set(before)
    try:
        pid = _started(command, variables, before)
        # If our parent had it ignored, and so we do, the script's exit code would be lost. The script has what we got.
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        with stacks.sampling(folder.raw) if request.stacks else nullcontext():
            meanwhile = [_tell_when_saving(folder, pid, saving), beforehand.imports(), unheard.watch(folder.raw, pid)]
            status = _wait(pid, watched, meanwhile)
        afterwards |= _may_come_again(status)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, afterwards)
    return status, pid


def _may_come_again(status: int) -> set[int]:
    """What ended the script: a closed terminal sends SIGHUP twice, and we have the recording to put together.

    It stays blocked until we die of it ourselves. Ctrl-C does not: that may be meant for us by then.
    """
    return {os.WTERMSIG(status)} - {signal.SIGINT} if os.WIFSIGNALED(status) else set()


def _started(command: list[str], variables: dict[str, str], mask: Iterable[int]) -> int:
    try:
        return os.posix_spawn(command[0], command, variables, setsigmask=mask, setsigdef=_IGNORED_BY_PYTHON)
    except OSError as error:  # a command line too long, no room for a process
        raise UsageError(
            f"{command[0]}: cannot be started ({error.strerror}); check that it exists, and shorten a long command line"
        ) from error


def run_natively(request: Request) -> None:
    """Become the script's own Python; for what cannot start anyway, so that Python's own message appears."""
    sys.stdout.flush()
    command = interpreter.command(request.target.command)
    os.execv(command[0], command)


def exit_like_the_script(status: int) -> None:
    """End by the signal that ended the script, or with its exit code."""
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        _die_of(-code)
    sys.exit(code if code >= 0 else 128 - code)


def _die_of(number: int) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    if number != signal.SIGKILL:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
    _without_core_dump()
    os.kill(os.getpid(), number)


def _without_core_dump() -> None:
    """Only the script's core is of interest."""
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))


def _wait(pid: int, watched: set[signal.Signals], meanwhile: Iterable[Iterator[None]]) -> int:
    """Wait for the script's end, passing signals on to it; each of ``meanwhile`` does something more every second."""
    while True:
        came = signal.sigtimedwait(watched, _LOOK_EVERY_S)
        if came is None or came.si_signo == signal.SIGCHLD:
            # Asked each second too: a thread that blocks no signals can swallow a SIGCHLD.
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                return status
        elif came.si_code != _FROM_THE_KERNEL:
            os.kill(pid, came.si_signo)
        if came is None:
            for each in meanwhile:
                with suppress(Exception):  # it does no more then; the script has its end all the same
                    next(each, None)


def _tell_when_saving(folder: RunFolder, pid: int, saving: Callable[[], None]) -> Iterator[None]:
    while not notes.read(folder.raw, pid).is_saving:
        yield
    saving()


def settings_of(request: Request, folder: RunFolder) -> Settings:
    """What the recorder is to know of a request."""
    extent = request.extent
    library, _ = injection(os.environ)
    return Settings(
        raw=str(folder.raw),
        level=request.level,
        dependencies=request.dependencies,
        has_gpu=machine_has_gpu(),
        injection=str(library or ""),
        hooks_nvtx=not (library or injection_library()),
        activities=str(activities_library() or ""),
        follow=request.follow or request.only_ranks,
        is_child=False,
        only_ranks=request.only_ranks,
        steps=extent.steps,
        step_range=extent.step_range,
        range_name=extent.range_name,
        after_s=extent.after_s,
        duration_s=extent.duration_s,
        events=extent.events,
    )


def _is_ignored(name: str) -> bool:
    """Whether the script's Python, isolated by a flag, takes no notice of this variable."""
    return bool(sys.flags.ignore_environment) and name.startswith("PYTHON")


def machine_has_gpu() -> bool:
    """Whether a GPU's device file is here. Asking CUDA would initialize it, too early for a script that forks."""
    hidden = os.environ.get("CUDA_VISIBLE_DEVICES", "0").strip() in ("", "-1")
    return not hidden and any(any(Path("/dev").glob(name)) for name in ("nvidia[0-9]*", "dxg", "kfd"))
