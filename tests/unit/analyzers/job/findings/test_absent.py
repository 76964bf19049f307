"""Files of a job that could not be used are said to be damaged or left out, and why."""

from gpu_trace_analyzers.job.findings.absent import damaged
from gpu_trace_analyzers.job.kept.partial import Partial
from gpu_trace_analyzers.job.kept.tables import Unreadable


def of_files(*problems):
    """The finding about ranks 0, 1, ..., a problem of each."""
    rows = Unreadable.of({"rank": range(len(problems)), "problem": range(len(problems))})
    (found,) = damaged(Partial.of(problems, {**Partial().tables(), "unreadable": rows}))
    return found.sentence


def test_the_problem_of_one_file_is_told():
    assert of_files("a: is empty") == "rank 0 has a file that is damaged or left out: a: is empty"


def test_of_several_the_first_is():
    said = of_files("a: is of another process", "b: is too")
    assert said == "ranks 0-1 have files that are damaged or left out: the first: a: is of another process"
