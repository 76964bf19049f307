"""What of a process is in no trace, by its notes, in sentences for the user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..boot.contract import (
    BECAME_ANOTHER,
    CAME_BACK,
    CUPTI,
    DROPPED,
    FAILED,
    FORKED,
    GAVE_WAY,
    NOT_SAVED,
    NOT_STARTED,
    REFUSED,
    RENEWED,
    SOURCE,
    STARTS,
    STOPPED,
    STREAM_WAITS,
    UNSYNCHRONIZED,
)

if TYPE_CHECKING:
    from .notes import Notes


def in_sentences(facts: Notes, nvtx_events: int, goes_on: bool = False) -> list[str]:
    """What was lost, other than by what `FAILED` says; ``nvtx_events`` found no room.

    ``goes_on``: the process has not ended, as a daemon that the script started.
    """
    return [
        *(f"{count} CUPTI records: a buffer or the disk was full" for count in facts.all(DROPPED)),
        *_last_session(facts, goes_on),
        *_unsynchronized(facts),
        *_by_torchs_profiler(facts),
        *_uncounted(facts),
        *([f"{nvtx_events} NVTX events: their file or the disk was full"] if nvtx_events else []),
    ]


def left_out(facts: Notes) -> list[str]:
    """What was not to be recorded, or could not be, although nothing went wrong."""
    return [*_left_to_the_script(facts), *_forked(facts)]


def _forked(facts: Notes) -> list[str]:
    """The processes that were made by fork alone, while a session was under way; of a GPU's work they could do none."""
    if facts.last(SOURCE) == CUPTI:
        return []
    forked = set(facts.all(FORKED)) - set(facts.all(BECAME_ANOTHER))
    if not forked:
        return []
    processes = "1 forked process" if len(forked) == 1 else f"{len(forked)} forked processes"
    return [f"operators of {processes}, in which PyTorch cannot record; NVTX ranges and Python stacks are in the trace"]


def _left_to_the_script(facts: Notes) -> list[str]:
    """What happened while the script's own profiler ran in place of the recording."""
    began, ended = facts.all(GAVE_WAY), facts.all(CAME_BACK)
    if not began:
        return []
    gaps_ns = [end - start for start, end in zip(began, ended, strict=False)]  # a process may be killed in the last one
    some = _gaps(gaps_ns + [0] * (len(began) - len(gaps_ns)), at_least=len(gaps_ns) < len(began))
    return [f"{some} while the script used torch's profiler itself"]


def _last_session(facts: Notes, goes_on: bool) -> list[str]:
    """What a session was recording when the process ended, or the script did."""
    ended = len(facts.all(STOPPED)) + sum(text.startswith((NOT_STARTED, NOT_SAVED)) for text in facts.all(FAILED))
    if len(facts.all(STARTS)) <= ended:
        return []
    by_cupti = facts.last(SOURCE) == CUPTI
    if goes_on:
        what = "record_function ranges and the last events" if by_cupti else "the trace of torch's profiler"
        return [f"{what}: the process was still running when the script ended"]
    if by_cupti:
        return ["record_function ranges and the last events: the process ended before saving them"]
    return ["the trace of torch's profiler: the process ended before saving it"]


def _unsynchronized(facts: Notes) -> list[str]:
    """What GPUs had not finished when a session stopped."""
    waited_ms = facts.all(UNSYNCHRONIZED)
    if not waited_ms:
        return []
    what = "GPU work that had not finished when the recording stopped"
    if max(waited_ms) == 0:
        return [f"{what}, if any: Python could not start a thread to wait for it"]
    return [f"{what}: gpu-trace waited {max(waited_ms) / 1000:.1f} s for it"]


def _by_torchs_profiler(facts: Notes) -> list[str]:
    """What torch's profiler recorded worse than the CUPTI recording library would have, and what not at all."""
    refused = [
        f"the lower overhead of the CUPTI recording library: torch's profiler recorded the GPU, because {reason}"
        for reason in facts.all(REFUSED)
    ]
    if 0 in facts.all(STREAM_WAITS):
        return [*refused, "the streams that event waits waited for: CUPTI did not report CUDA events"]
    return refused


def _uncounted(facts: Notes) -> list[str]:
    gaps_ns = facts.all(RENEWED)
    return [f"{_gaps(gaps_ns)} while gpu-trace counted the events so far"] if gaps_ns else []


def _gaps(gaps_ns: list[int], at_least: bool = False) -> str:
    intervals = "1 interval" if len(gaps_ns) == 1 else f"{len(gaps_ns)} intervals"
    return f"the events of {intervals} ({'at least ' * at_least}{sum(gaps_ns) / 1e6:.1f} ms)"
