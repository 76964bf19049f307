"""A network that is trained on pinned batches of an epoch: what the scripts about batches have in common."""

from __future__ import annotations

import torch
from streams import DEVICE, Stream
from torch import nn

CLASSES = 10


class Classifier:
    """The network, its optimizer, the batches and labels of an epoch, and a stream for copies."""

    def __init__(self, network: nn.Module, batches: list[torch.Tensor]) -> None:
        self.model = network.to(DEVICE)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.01)
        self.start = [parameter.detach().clone() for parameter in self.model.parameters()]
        self.batches = batches
        self.labels = list(torch.randint(CLASSES, (len(batches), len(batches[0])), device=DEVICE))
        self.side = Stream()

    def reset(self) -> None:
        with torch.no_grad():
            for parameter, start in zip(self.model.parameters(), self.start, strict=True):
                parameter.copy_(start)

    def results(self) -> list[torch.Tensor]:
        return list(self.model.parameters())

    def step(self, batch: torch.Tensor, labels: torch.Tensor) -> None:
        self.optimizer.zero_grad()
        nn.functional.cross_entropy(self.model(batch), labels).backward()
        self.optimizer.step()
