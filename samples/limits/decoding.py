"""A small transformer with random weights that decodes token by token.

- **eager**: the host launches many small kernels per token, more slowly than the device runs them.
- **graph**: one CUDA graph per token. The kernels follow one another at once.
- **read_back**: the same as eager, but the next token comes to the host (``.item()``), as most decoders do it.

    gpu-trace run samples/limits/decoding.py --case eager
"""

from __future__ import annotations

import steps
import torch
from torch import nn


def _decoder(small: bool) -> tuple[nn.Module, torch.Tensor]:
    width, layers = (32, 2) if small else (768, 12)
    layer = nn.TransformerEncoderLayer(width, 4 if small else 12, 4 * width, batch_first=True, dropout=0.0)
    model = nn.TransformerEncoder(layer, layers, enable_nested_tensor=False).to(steps.DEVICE).train()
    return model, torch.randn(1, 8 if small else 64, width, device=steps.DEVICE)


def eager(small: bool, reads: bool = False) -> steps.Step:
    model, context = _decoder(small)

    def step(_number: int) -> None:
        with torch.no_grad():
            token = model(context)[:, -1].argmax()
        if reads:
            token.item()

    return step


def graph(small: bool) -> steps.Step:
    model, context = _decoder(small)
    if not steps.ON_GPU:
        return eager(small)
    side = torch.cuda.Stream()
    with torch.no_grad(), torch.cuda.stream(side):
        for _ in range(3):
            model(context)
    torch.cuda.synchronize()
    captured = torch.cuda.CUDAGraph()
    with torch.no_grad(), torch.cuda.graph(captured):
        model(context)[:, -1].argmax()
    return lambda _number: captured.replay()


CASES = {"eager": eager, "read_back": lambda small: eager(small, reads=True), "graph": graph}

if __name__ == "__main__":
    steps.main(__doc__, CASES, 60)
