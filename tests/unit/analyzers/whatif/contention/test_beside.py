import numpy as np
from hypothesis import given

from gpu_trace_analyzers.model import Engine, Trace
from gpu_trace_analyzers.whatif.contention.beside import beside_ns
from literal import literal
from strategies import HORIZON_NS, traces


def by_instants(trace: Trace, position: int) -> np.ndarray:
    """The same, one nanosecond after the other."""
    work, found = trace.work, np.zeros((len(trace.work), len(Engine)), np.int64)
    for row in np.flatnonzero(work.device == position).tolist():
        others = (work.device == position) & (np.arange(len(work)) != row)
        for at in range(int(work.start_ns[row]), int(work.end_ns[row])):
            run = others & (work.start_ns <= at) & (at < work.end_ns)
            found[row, np.unique(work.engine[run])] += 1
    return found


@given(traces())
def test_it_is_the_time_in_which_another_operation_of_the_engine_ran(trace: Trace) -> None:
    assert HORIZON_NS < 100, "one nanosecond after the other"
    for position in range(2):
        np.testing.assert_array_equal(beside_ns(trace, position), by_instants(trace, position))


def test_an_operation_is_not_beside_itself() -> None:
    trace = literal("k 0-10; s8 k 5-15; s9 d2h 8-20")

    compute, copy = Engine.COMPUTE, Engine.COPY_D2H
    assert beside_ns(trace, 0)[:, [compute, copy]].tolist() == [[5, 2], [5, 7], [7, 0]]
