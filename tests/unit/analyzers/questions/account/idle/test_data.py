from __future__ import annotations

import pytest

from literal import literal

from .told import remedies

MS = 1_000_000
ALONE, WORKERS = (
    f"enumerate(DataLoader)#_{kind}DataLoaderIter.__next__" for kind in ("SingleProcess", "MultiProcessing")
)
NO_WORKERS = "prepare batches in worker processes (num_workers, pin_memory=True), or make the transforms cheaper"
SLOW_WORKERS = "more workers within the CPU's cores, or cheaper transforms"
START = "keep the workers between epochs (persistent_workers=True)"
SLICES = "the data is in memory, so slice whole batches from it instead of collating items"
ANY = "prepare batches in other processes, ahead of the step that needs them"


def epochs(*waits_ms, name=WORKERS):
    """A kernel behind each wait; None between two epochs is a last wait of 5 ms, which finds no batch."""
    text, at = [f"k 0-{MS // 10} @0"], MS
    for wait in waits_ms:
        ns = int((5 if wait is None else wait) * MS)
        text.append(f"range {name} {at}-{at + ns}")
        at += ns + 1000
        if wait is not None:
            text.append(f"k {at + 2000}-{at + 3000} @{at}")
            at += 10_000
    return literal("\n".join(text))


@pytest.mark.parametrize(
    ("trace", "remedy"),
    [
        (epochs(20, 20, 20, name=ALONE), NO_WORKERS),
        (epochs(0.9, 0.9, 0.9, name=ALONE), SLICES),
        (epochs(1, 1, 1, name=ALONE), NO_WORKERS),
        (epochs(20, 20, 20), SLOW_WORKERS),
        (epochs(20, 20, 20, name="__next__"), ANY),
        (epochs(20, 0.1, 0.1, None, 20, 15, 0.1, 0.1, None, 20, 0.1, 0.1), START),
        (epochs(20, 0.1, 0.1, 20, 0.1, 20), SLOW_WORKERS),  # one epoch alone: nothing says that it began here
        (epochs(20, 0.1, 20, 0.1, None, 20, 0.1, 20, 0.1, None, 20, 0.1, 20, 0.1), SLOW_WORKERS),
        (epochs(20, 20, 20, None, 20, 20, 20, None, 20, 20, 20), SLOW_WORKERS),  # the workers never catch up
    ],
)
def test_the_loader_says_what_helps(trace, remedy):
    assert remedies(trace, "waiting_for_data") == {remedy}


def test_a_script_that_takes_two_batches_at_a_time_has_no_epochs_to_see():
    text = ["k 0-100000 @0"]
    for number in range(10):
        at = (1 + 50 * number) * MS
        text += [f"range {WORKERS} {at}-{at + 100}", f"range {WORKERS} {at + 200}-{at + 20 * MS}"]
        text += [f"k {at + 21 * MS}-{at + 22 * MS} @{at + 20 * MS + 500}"]
    assert remedies(literal("\n".join(text)), "waiting_for_data") == {SLOW_WORKERS}
