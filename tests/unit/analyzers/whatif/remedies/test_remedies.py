"""Each change of a run as a plan, whose times are worked out by hand. Times in µs unless the test says ns."""

from __future__ import annotations

from gpu_trace_analyzers.model import Engine
from gpu_trace_analyzers.whatif.answer import Move
from gpu_trace_analyzers.whatif.remedies.every import every
from gpu_trace_analyzers.whatif.remedies.moves import moves
from gpu_trace_analyzers.whatif.window import part
from known import in_us, model
from literal import literal
from measured_gpus import on, use

RESULTS = """
range measured 0-1000
k 11-111 @1 name=gemm; d2h 112-162 @2; k 163-263 @3 name=gemm; d2h 264-314 @4
call cudaDeviceSynchronize 5-320
"""
BATCHES = """
range measured 0-1000
h2d 11-61 @1; k 62-162 @2 name=gemm; h2d 163-213 @3; k 214-314 @4 name=gemm
call cudaDeviceSynchronize 5-320
"""
BOTH = """
range measured 0-1000
h2d 11-61 @1; k 62-162 @2 name=gemm; d2h 163-213 @3; h2d 214-264 @4; k 265-365 @5 name=gemm; d2h 366-416 @6
call cudaDeviceSynchronize 7-420
"""


def priced(found):
    return {name: in_us(found.times(change.plan)) for name, change in every(found).items()}


def moved(found, name):
    return moves(found.part, every(found)[name].moved, found.needs)


def test_results_leave_the_stream_of_the_kernels():
    found = model(RESULTS, (0, 1), (2, 3))
    assert priced(found)["side_stream_d2h"] == ([11, 111, 112, 212], 212 + 50 + 6)
    assert "side_streams" not in every(found)  # there is one direction
    assert "side_stream_h2d" not in every(found)


def test_batches_are_copied_ahead_and_their_kernels_wait_for_them():
    found = model(BATCHES, (0, 1), (2, 3))
    # The second batch follows 1 us behind the first; the second kernel 1 us behind the first one.
    assert priced(found)["side_stream_h2d"] == ([11, 61, 62, 162], 162 + 100 + 6)


def test_a_kernel_waits_for_no_moved_copy_that_it_does_not_need():
    assert priced(model(BATCHES, (2, 3)))["side_stream_h2d"][0][1] == 2 + 10  # as fast as it is launched


def test_a_moved_copy_waits_for_the_kernel_that_still_reads_its_target():
    assert priced(model(BATCHES, (0, 1), (1, 2), (2, 3)))["side_stream_h2d"][0] == [11, 61, 161, 211]


def test_a_kernel_that_waited_for_a_copy_in_vain_does_not_wait_for_the_moved_one():
    found = model("range measured 0-900; s8 h2d 11-111 @1; s7 k 112-162 @2")
    assert list(map(list, found.recorded.before)) == [[], [0]]
    assert priced(found)["side_stream_h2d"][0] == [11, 2 + 10]


def test_of_what_moves_that_which_takes_longest_is_first():
    longer = BOTH.replace("d2h 163-213 @3; h2d 214-264", "d2h 163-223 @3; h2d 224-264")
    assert [move.engine for move in moved(model(longer), "side_streams")] == [Engine.COPY_D2H, Engine.COPY_H2D]


def test_each_direction_alone_and_both():
    found = model(BOTH, (0, 1), (1, 2), (3, 4), (4, 5))
    assert priced(found)["side_stream_h2d"][0] == [11, 61, 162, 62, 213, 314]
    assert priced(found)["side_stream_d2h"][0] == [11, 62, 162, 163, 214, 314]
    assert priced(found)["side_streams"][0] == [11, 61, 161, 62, 162, 262]
    assert priced(found)["side_streams"] == priced(found)["by_dependencies"]


def test_what_moves_waits_for_and_is_awaited_by_what_stays():
    assert moved(model(RESULTS, (0, 1), (2, 3)), "side_stream_d2h") == (Move(Engine.COPY_D2H, "d2h", 7, 2, "gemm", ""),)
    assert moved(model(BOTH, (0, 1), (1, 2), (3, 4), (4, 5)), "side_streams") == (
        Move(Engine.COPY_H2D, "h2d", 7, 2, "", "gemm"),
        Move(Engine.COPY_D2H, "d2h", 7, 2, "gemm", ""),
    )


def test_half_the_bytes_take_half_the_time():
    assert priced(model(RESULTS))["half_bytes"] == ([11, 112, 138, 239], 239 + 25 + 6)
    assert "half_bytes" not in every(model("range measured 0-99; k 11-20 @1"))


def test_a_faster_host_launches_twice_as_fast():
    late = "range measured 0-900; k 111-121 @101; k 311-321 @301; call cudaDeviceSynchronize 305-331"
    # Half of 101 and of 301, and 10 to start; half of 305, and half of the 10 to return.
    assert priced(model(late))["faster_host"] == ([60, 160], 160 + 10 + 5)


WAITING = """
range measured 0-900
k 11-111 @1; call cudaDeviceSynchronize 5-115; k 127-227 @117; call cudaDeviceSynchronize 120-230
"""


def test_a_wait_after_which_nothing_is_read_can_be_left_out():
    assert priced(model(WAITING))["no_synchronize"] == ([11, 111 + 1], 212 + 3)
    assert "no_synchronize" not in every(model("range measured 0-99; k 11-20 @1"))


def test_a_wait_for_data_stays():
    read = WAITING.replace("call cudaDeviceSynchronize 5-115", "call cudaDeviceSynchronize 5-165; d2h 112-162 @2")
    read = read.replace("k 127-227 @117", "k 177-277 @167").replace("120-230", "170-280")
    assert priced(model(read))["no_synchronize"] == ([11, 112, 177], 280)


def test_single_values_can_be_read_late():
    read = """
    range measured 0-900
    k 11-111 @1; d2h 112-114 @2 size=SIZE; call cudaStreamSynchronize 5-117
    k 130-230 @120; call cudaDeviceSynchronize 123-233
    """
    loss = priced(model(read.replace("SIZE", "4")))
    assert loss["late_values"] == ([11, 112, 115], 215 + 3)
    assert "late_values" not in every(model(read.replace("SIZE", "17")))


def test_results_can_be_read_late_where_they_are_more_than_a_value():
    read = """
    range measured 0-900
    k 11-111 @1; d2h 112-114 @2 size=SIZE; call cudaStreamSynchronize 5-117
    k 130-230 @120; call cudaDeviceSynchronize 123-233
    """
    starts, _ = priced(model(read.replace("SIZE", "17"), (0, 1)))["late_results"]
    assert starts == [11, 111, 112]  # the copy on its own engine, and the next kernel without a wait for it
    assert "late_results" not in every(model(read.replace("SIZE", "16"), (0, 1)))


PAGEABLE = "range measured 0-99999; h2d 1000-51000 @10-51010 pageable size=4096; k 60000-61000 @55000"


def test_pinned_copies_are_as_fast_as_measured_and_the_host_goes_on(monkeypatch):
    use(monkeypatch)
    found = model(part(on(literal(PAGEABLE)), "measured"))
    times = found.times(every(found)["pinned"].plan)
    assert (times.end_ns - times.start_ns).tolist() == [300, 1000]  # ns; see measured_gpus
    # The host goes on after its own 10 ns and 4010 more until it launches the kernel, which starts 3 us later.
    assert times.start_ns[1] - times.start_ns[0] < 10_000


def test_larger_copies_than_were_measured_have_the_rate_of_the_largest(monkeypatch):
    use(monkeypatch)
    found = model(part(on(literal(PAGEABLE.replace("4096", "40960"))), "measured"))
    assert every(found)["pinned"].plan.duration_ns[0] == 3000


def test_where_no_copy_is_pageable_or_its_rate_is_not_known_nothing_is_said_of_pinning(monkeypatch):
    use(monkeypatch)
    for text, name in [
        (PAGEABLE.replace(" pageable", ""), "Test GPU"),
        (PAGEABLE, "Unknown GPU"),
        (PAGEABLE.replace("h2d", "d2h"), "Test GPU"),
    ]:
        assert "pinned" not in every(model(part(on(literal(text), name), "measured")))
