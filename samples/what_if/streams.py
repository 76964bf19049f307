"""Streams and events of the GPU. Without a GPU, stand-ins that do nothing: the host then ends each operation itself."""

from __future__ import annotations

from contextlib import nullcontext

import torch

ON_GPU = torch.cuda.is_available()
DEVICE = "cuda" if ON_GPU else "cpu"


class _Event:
    def record(self, _stream: object = None) -> None:
        """Every operation that the host has come past is done."""

    def wait(self, _stream: object = None) -> None:
        """There is nothing to wait for."""

    def synchronize(self) -> None:
        """There is nothing to wait for."""


class _Stream:
    def wait_stream(self, _stream: object) -> None:
        """There is nothing to wait for."""

    def synchronize(self) -> None:
        """There is nothing to wait for."""


Event = torch.cuda.Event if ON_GPU else _Event
Stream = torch.cuda.Stream if ON_GPU else _Stream
stream = torch.cuda.stream if ON_GPU else nullcontext
current_stream = torch.cuda.current_stream if ON_GPU else _Stream


def pinned(tensor: torch.Tensor) -> torch.Tensor:
    """A copy of it in pinned memory of the host."""
    return pinned_like(tensor).copy_(tensor)


def pinned_like(tensor: torch.Tensor) -> torch.Tensor:
    """Pinned memory for its values: copies to and from it run while the host goes on."""
    return torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=ON_GPU)
