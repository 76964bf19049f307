"""Completes the folder of a run: the summary is shown first, while other processes write the traces."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.engines import default_rules
from gpu_trace_analyzers.questions.account.idle.parts import launch_calls, launch_times
from gpu_trace_analyzers.questions.launches import next_launch_ns
from gpu_trace_analyzers.questions.once import forget
from gpu_trace_analyzers.questions.parted import rows_by_device, work_by_process
from gpu_trace_analyzers.readers import joined

from .beside import Beside
from .folder import EXECUTION_TRACES
from .freed import give_back_freed
from .job_answer import job_answer
from .reasons import reason_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from contextlib import AbstractContextManager

    from gpu_trace_analyzers.model import Trace

    from .prediction import Prediction
    from .process_trace import ProcessTrace
    from .result import Recording
    from .told import Audience


_SUMMARY = "the summary"
_YIELDS = 10
"""how much a writer leaves the processors to the summary, which someone waits for"""


class Incomplete(Exception):
    """A trace could not be written."""


def complete(recording: Recording, audience: Audience) -> None:
    """Show the summary, and write the traces and what is made of them; ``recording.unwritten`` says what is not there.

    Raises `Incomplete`, and whatever ends it early.
    """
    give_back_freed()
    with ExitStack() as running:
        writers = [running.enter_context(Beside(partial(_write, traces))) for traces in _dealt(recording.traces)]
        _summarize(recording, audience, writers)
        with audience.working("writing the traces"):
            problems = [writer.wait() for writer in writers]
    for problem in filter(None, problems):
        for name in [name for name, reason in recording.unwritten.items() if reason == problem]:
            del recording.unwritten[name]  # one sentence says it of all
        raise Incomplete(problem)


def _summarize(recording: Recording, audience: Audience, writers: Sequence[Beside]) -> None:
    """Whatever goes wrong is noted: the traces are there all the same."""
    if not recording.traces:
        return
    try:
        with audience.working("making the summary"):
            analysis = _analysis(recording)
            job = job_answer(analysis, recording.folder)
            predicted = _predicted(analysis.trace, recording)
            summary = None if job else predicted.prices(analysis.summary) if predicted else analysis.summary
        if job:
            audience.show_job(job)
        elif summary:
            audience.show(summary, predicted.entry if predicted else None)
        _forget_what_no_file_has(analysis)
        from . import summary_files  # its imports take a tenth of the time until the summary is there

        working = _after(writers, audience.working("writing the summary"))
        recording.unwritten.update(summary_files.write(analysis, recording.folder.path, predicted, working, job))
    except Exception as error:
        recording.unwritten[_SUMMARY] = reason_of(error)


def _forget_what_no_file_has(analysis: Analysis) -> None:
    """What is asked again is answered again."""
    for question in (launch_calls, launch_times, next_launch_ns, rows_by_device, work_by_process):
        forget(analysis.trace, question)
    give_back_freed()


@contextmanager
def _after(writers: Sequence[Beside], working: AbstractContextManager[None]) -> Iterator[None]:
    """What is being done, once the traces are written: the memory of three processes is more than the time saved."""
    with working:
        for writer in writers:
            writer.wait()
        yield


def _predicted(trace: Trace, recording: Recording) -> Prediction | None:
    """What is predicted of the run; where it cannot be, that is noted."""
    if not any(recording.folder.path.glob(EXECUTION_TRACES)):  # before the imports, which take a while
        return None
    from gpu_trace_analyzers.whatif.stored import FILE

    from .prediction import prediction

    try:
        return prediction(trace, [each.path for each in recording.traces])
    except Exception as error:
        recording.unwritten[FILE] = reason_of(error)
        return None


def _analysis(recording: Recording) -> Analysis:
    """Of the run: what a reader makes of its folder, once the traces are there."""
    rules, made = default_rules(), []
    for trace in recording.traces:
        made.append(trace.in_memory(rules))
        trace.forget()  # their writers have it
    give_back_freed()
    return Analysis(joined(recording.folder.path, made))


def _dealt(traces: Sequence[ProcessTrace]) -> list[Sequence[ProcessTrace]]:
    """The traces, as evenly as they go to as many processes as there are processors beside this one's."""
    count = max(1, min(len(traces), len(os.sched_getaffinity(0)) - 1))
    return [traces[first::count] for first in range(count) if traces[first::count]]


def _write(traces: Sequence[ProcessTrace]) -> None:
    os.nice(_YIELDS)
    for trace in traces:
        trace.write()
