"""What is asked of a whole trace is asked once, however many devices it has, and of a changed copy anew."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from gpu_trace_analyzers.analysis import Analysis
from gpu_trace_analyzers.questions import launches, replays, unmatched
from gpu_trace_analyzers.questions.once import forget, once
from literal import literal


def test_a_trace_keeps_the_answer_for_each_question_and_what_else_it_was_asked_with():
    asked = []

    @once
    def length(trace, more=0):
        asked.append(more)
        return len(trace.work) + more

    trace = literal("k 0-5; k 6-9")
    assert [length(trace), length(trace, 3), length(trace, 0), length(trace, more=3)] == [2, 5, 2, 5]
    assert asked == [0, 3]
    assert length(replace(trace, work=trace.work[:1])) == 1


def test_what_is_forgotten_is_answered_anew():
    asked = []

    @once
    def length(trace, more=0):
        asked.append(more)
        return len(trace.work) + more

    trace = literal("k 0-5; k 6-9")
    assert length(trace) + length(trace, 3) == 7
    forget(trace, length)
    assert [length(trace), length(trace)] == [2, 2]
    assert asked == [0, 3, 0]


def test_threads_that_ask_at_the_same_time_wait_for_one_answer():
    began, may_answer, asked = threading.Event(), threading.Event(), []

    @once
    def length(trace):
        asked.append(threading.get_ident())
        began.set()
        assert may_answer.wait(10)
        return len(trace.work)

    trace, answers = literal("k 0-5; k 6-9"), []
    threads = [threading.Thread(target=lambda: answers.append(length(trace))) for _ in range(3)]
    threads[0].start()
    assert began.wait(10)
    for thread in threads[1:]:
        thread.start()
    threads[1].join(0.05)
    assert answers == []
    may_answer.set()
    for thread in threads:
        thread.join()
    assert answers == [2, 2, 2]
    assert len(asked) == 1


def test_what_cannot_be_answered_is_asked_again_by_who_waited_for_it():
    began, may_fail = threading.Event(), threading.Event()

    @once
    def question(trace):
        if threading.current_thread() is first:
            began.set()
            assert may_fail.wait(10)
            raise ZeroDivisionError
        return len(trace.work)

    def fail():
        with pytest.raises(ZeroDivisionError):
            question(trace)

    trace, answers = literal("k 0-5"), []
    first, second = threading.Thread(target=fail), threading.Thread(target=lambda: answers.append(question(trace)))
    first.start()
    assert began.wait(10)
    second.start()
    may_fail.set()
    first.join()
    second.join()
    assert answers == [1]


@pytest.mark.parametrize("devices", [1, 2, 9])
def test_a_summary_walks_the_calls_as_often_for_many_devices_as_for_one(devices, monkeypatch):
    walks = {"captured": 0, "numbered": 0}

    def counting(module, name, key):
        question = getattr(module, name)

        def counted(*given):
            walks[key] += 1
            return question(*given)

        monkeypatch.setattr(module, name, counted)

    counting(unmatched, "_captured", "captured")
    counting(replays, "_numbered", "numbered")
    texts = [
        f"gpu{d} k {10 * d}-{10 * d + 5} @{d}; gpu{d} d2h {10 * d + 6}-{10 * d + 8} @{d + 1};"
        "call cudaLaunchKernel 3-4; call cudaDeviceSynchronize 4-90"
        for d in range(devices)
    ]
    trace = literal(";".join(texts))
    assert Analysis(trace).summary.devices
    patterns = [key for key in trace.answers if len(key) == 2 and key[0].__name__ == "calls_named"]
    assert walks["captured"] == 1
    assert walks["numbered"] <= 4
    assert len(patterns) == len(set(patterns)) > 3
    assert launches.next_launch_ns(trace) is launches.next_launch_ns(trace)
