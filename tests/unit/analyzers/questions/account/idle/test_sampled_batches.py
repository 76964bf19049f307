from __future__ import annotations

import pytest

from literal import literal

from .told import facts, remedies, told

GAP = "k 0-10 @0; k 1000-1010 @1000"
DALI = "/e/lib/python3.11/site-packages/nvidia/dali/plugin/pytorch/__init__.py"
NEXT = f"main@/u/a.py:9|DALIGenericIterator.__next__@{DALI}:230"


def samples(*stacks, start=100):
    return "; ".join(f"sample {start + 50 * i}-{start + 50 * i + 50} {stack}" for i, stack in enumerate(stacks))


def claimed(text, kind="gpu"):
    return [times for cause, *times in told(literal(text, kind=kind)) if cause == "waiting_for_data"]


@pytest.mark.parametrize(("many", "expected"), [(2, []), (3, [[100, 200]]), (9, [[100, 500]])])
def test_three_samples_in_a_row_show_the_host_in_a_loader(many, expected):
    assert claimed(f"{GAP}; {samples(*[NEXT] * many)}") == expected


@pytest.mark.parametrize(
    "stacks",
    [
        [f"{NEXT}|run@{DALI}:1", NEXT, f"{NEXT}|run@{DALI}:2|get@/usr/lib/python3.11/queue.py:1"],
        ["__next__@/e/site-packages/webdataset/pipeline.py:3"] * 3,
        ["_BaseDataLoaderIter.__next__@/e/torch/utils/data/dataloader.py:730|__getitem__@/u/a.py:1"] * 3,
    ],
)
def test_what_the_loader_calls_is_waiting_too(stacks):
    assert claimed(f"{GAP}; {samples(*stacks)}") == [[100, 200]]


@pytest.mark.parametrize(
    "stacks",
    [
        ["Trainer.__next__@/u/train.py:5"] * 9,  # a class of the user's, which may train in it
        [f"main@/u/a.py:9|run@{DALI}:230"] * 9,
        [f"main@/u/a.py:9|not__next__@{DALI}:230"] * 9,
        [NEXT, NEXT, "main@/u/a.py:10", NEXT, NEXT],
        [NEXT, NEXT, "", NEXT, NEXT],  # a stack that could not be read
    ],
)
def test_it_is_silent_where_samples_do_not_show_it(stacks):
    assert claimed(f"{GAP}; {samples(*stacks)}") == []


def test_what_was_not_sampled_in_between_breaks_the_row():
    assert claimed(f"{GAP}; {samples(NEXT, NEXT)}; {samples(NEXT, NEXT, start=300)}") == []


def test_a_launch_breaks_the_row():
    assert claimed(f"k 0-10 @0; k 160-165 @155; k 1000-1010 @1000; {samples(*[NEXT] * 4)}") == []


def test_the_samples_are_of_the_launching_thread():
    assert claimed(f"{GAP}; {samples(*[f't2 {NEXT}'] * 9)}") == []


def test_operators_of_a_cpu_are_no_launches():
    assert claimed(f"s1 k 0-10; s1 k 1000-1010; {samples(*[NEXT] * 9)}", kind="cpu") == []


def test_the_range_of_a_loader_comes_first():
    text = f"{GAP}; {samples(*[NEXT] * 9)}; range enumerate(DataLoader)#_MultiProcessingDataLoaderIter.__next__ 50-900"
    assert claimed(text) == [[50, 900]]
    assert [fact[1] for fact in facts(literal(text), "waiting_for_data")] == [850]


def test_the_evidence_is_how_long_it_was_there_and_the_remedy_knows_no_class():
    trace = literal(f"{GAP}; {samples(*[NEXT] * 9)}")
    assert facts(trace, "waiting_for_data") == [("samples show the host in __next__ of the loader", 400, "")]
    assert remedies(trace, "waiting_for_data") == {
        "prepare batches in other processes, ahead of the step that needs them"
    }
