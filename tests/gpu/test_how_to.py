"""The code of the how-to pages that needs a GPU."""

from __future__ import annotations

import pytest

from examples import ROOT, python_blocks

pytestmark = pytest.mark.gpu
[PREFETCHED] = [
    block
    for block in python_blocks(ROOT / "docs/how-to/copies-do-not-overlap.md")
    if block.startswith("class Prefetched")
]


@pytest.mark.parametrize("count", [0, 1, 2, 20])
def test_prefetched_batches_are_those_of_the_loader(count):
    import torch

    scope = {"torch": torch}
    exec(PREFETCHED, scope)
    batches = [torch.full((1000, 1000), float(number)).pin_memory() for number in range(count)]
    weight = torch.ones(1000, 1000, device="cuda")
    sums = [(batch @ weight).sum() / 1e6 for batch in scope["Prefetched"](batches)]
    assert [round(each.item()) for each in sums] == [1000 * number for number in range(count)]


def test_the_mended_loop_of_the_tutorial_copies_every_product():
    import torch

    [mended] = [block for block in python_blocks(ROOT / "docs/tutorial.md") if "wait_event" in block]
    x = torch.randn(4000, 4000, device="cuda")
    scope = {"torch": torch, "x": x}
    exec(mended, scope)
    expected = (x @ x).cpu()
    assert len(scope["pinned"]) == 50
    for result in scope["pinned"]:
        torch.testing.assert_close(result, expected)
