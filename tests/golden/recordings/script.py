"""Copies, waits, a graph, the autograd thread and another one: a little of everything that is recorded."""

import os
import signal
import sys
import threading
import time

import nvtx
import torch

side = torch.cuda.Stream()
x = torch.randn(2048, 2048, device="cuda", requires_grad=True)
with torch.profiler.record_function("mine"), nvtx.annotate("range", domain="training"):
    for _ in range(20):
        y = (x @ x).relu()
        y.sum().backward()
side.wait_stream(torch.cuda.current_stream())
h = torch.empty(2048, 2048).pin_memory()
with torch.cuda.stream(side):
    h.copy_(x.detach(), non_blocking=True)
    z = x.detach() + 1
side.synchronize()
e = torch.cuda.Event()
e.record()
e.synchronize()
p = torch.empty(2048, 2048)
p.copy_(x.detach())
x.data.copy_(p)
g = torch.cuda.CUDAGraph()
a = torch.zeros(1024, device="cuda")
with torch.cuda.graph(g):
    a += 1
    a *= 2
for _ in range(3):
    g.replay()


def other() -> None:
    """A thread that launches, too."""
    for _ in range(5):
        a.add_(1)


t = threading.Thread(target=other, name="other")
t.start()
t.join()
torch.cuda.synchronize()
print("done", flush=True)
if len(sys.argv) > 1:
    time.sleep(1.5)
    os.kill(os.getpid(), signal.SIGKILL)
