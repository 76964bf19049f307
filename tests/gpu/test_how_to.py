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
