"""The kernels of ``small_kernels.py`` in a CUDA graph, which is launched once.

- **before** is a graph that was captured from one stream.
- **after** is one captured from 8 streams, which are its branches.

    gpu-trace run --dependencies --range measured samples/what_if/small_kernels_graph.py --case before --repeats 1
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import repetitions
import small_kernels
import torch
from streams import ON_GPU

if TYPE_CHECKING:
    from collections.abc import Callable


class Graphs(small_kernels.Kernels):
    """The kernels, and a graph of them for each way of capturing it."""

    def __init__(self, small: bool) -> None:
        super().__init__(small)
        self.chain, self.branches = self.captured(small_kernels.one_stream), self.captured(small_kernels.eight_streams)

    def captured(self, kernels: Callable[[small_kernels.Kernels], None]) -> Callable[[], None]:
        """Replays the graph; without a GPU, launches the kernels."""
        kernels(self)
        if not ON_GPU:
            return lambda: kernels(self)
        torch.cuda.synchronize()
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            kernels(self)
        return graph.replay


if __name__ == "__main__":
    repetitions.main(__doc__, Graphs, {"before": lambda work: work.chain(), "after": lambda work: work.branches()})
