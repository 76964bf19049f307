"""Does a script live on, and can it be recorded again, after CUPTI has left its process? Each trial is a process.

The recordings are those of gpu-trace's own library; the counts that are printed are the records that it wrote.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

import bare_cupti
import torch

from gpu_trace.boot.activities import Activities
from gpu_trace.cupti_recording.library import activities_library

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CYCLES = 5
LAUNCHES = 1000
THREADS = 4


def launch(count: int = LAUNCHES) -> None:
    """So many kernels, waited for."""
    x = torch.zeros(64, device="cuda")
    for _ in range(count):
        x.add_(1)
    torch.cuda.synchronize()
    if x[0].item() != count:
        raise SystemExit("the GPU has another result than natively")


def recorded(work: Callable[[], object]) -> int:
    """How many records gpu-trace's library writes of some work."""
    activities = Activities(str(activities_library()))
    with tempfile.TemporaryDirectory() as folder:
        if refused := activities.begin(f"{folder}/cupti"):
            raise SystemExit(f"refused: {refused}")
        work()
        activities.end()
        return activities.count


def profiled(with_cuda: bool = True) -> int:
    """How many kernels torch.profiler finds of some work."""
    activity = torch.profiler.ProfilerActivity
    wanted = [activity.CPU, activity.CUDA] if with_cuda else [activity.CPU]
    with torch.profiler.profile(activities=wanted) as session:
        launch()
    return sum(event.device_type == torch.autograd.DeviceType.CUDA for event in session.events())


@contextmanager
def launching_threads() -> Iterator[None]:
    """Threads that launch all the time, each in a stream of its own."""
    ended = threading.Event()

    def run() -> None:
        x = torch.zeros(64, device="cuda")
        with torch.cuda.stream(torch.cuda.Stream()):
            while not ended.is_set():
                for _ in range(100):
                    x.add_(1)
                torch.cuda.current_stream().synchronize()

    threads = [threading.Thread(target=run) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        ended.set()
        for thread in threads:
            thread.join()


def again() -> None:
    """Recorded, left, recorded again."""
    for _ in range(CYCLES):
        print("records", recorded(launch), "left", bare_cupti.finalize())
        launch()


def threads() -> None:
    """The same while other threads launch, and nothing waits for them."""
    with launching_threads():
        for _ in range(4 * CYCLES):
            print("records", recorded(lambda: time.sleep(0.05)), "left", bare_cupti.finalize())
            time.sleep(0.02)


def synchronized_threads() -> None:
    """The same, with the devices synchronized before, as gpu-trace does at the end of a session."""
    with launching_threads():
        for _ in range(4 * CYCLES):
            count = recorded(lambda: (time.sleep(0.05), torch.cuda.synchronize()))
            torch.cuda.synchronize()
            print("records", count, "left", bare_cupti.finalize())
            time.sleep(0.02)


def graphs() -> None:
    """CUDA graphs captured before, during and after a recording are replayed during and after one."""
    x = torch.zeros(64, device="cuda")

    def captured() -> torch.cuda.CUDAGraph:
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            for _ in range(10):
                x.add_(1)
        return graph

    def replay(all_of: list[torch.cuda.CUDAGraph]) -> None:
        for graph in all_of * 20:
            graph.replay()
        torch.cuda.synchronize()

    known = [captured()]
    for _ in range(CYCLES):
        replay(known)
        count = recorded(lambda: (replay(known), known.append(captured()), replay(known)))
        print("records", count, "left", bare_cupti.finalize())
        replay(known)
        known.append(captured())
        replay(known)


def profiler() -> None:
    """The script's own profiler finds all kernels after CUPTI has left."""
    profiled(with_cuda=False)
    print("records", recorded(launch), "left", bare_cupti.finalize())
    for _ in range(CYCLES):
        print("kernels", profiled(), "left", bare_cupti.finalize())
        print("records", recorded(launch))


def profiler_threads() -> None:
    """torch.profiler, and leaving, while other threads launch."""
    with launching_threads():
        for _ in range(CYCLES):
            print("kernels", profiled(), "left", bare_cupti.finalize())
            time.sleep(0.02)


def subscribers() -> None:
    """Whether there can be a subscriber beside Kineto's, and whether this one can leave at the exit of a call."""
    alone = bare_cupti.Subscriber()
    print("alone", alone.subscribe(), "unsubscribed", alone.unsubscribe())
    for _ in range(CYCLES):
        subscriber = bare_cupti.Subscriber()
        print("records", recorded(launch), "subscribed", subscriber.subscribe())
        subscriber.leave_at_next_exit()
        launch()
        print("left", subscriber.left)
    profiled(with_cuda=False)
    print("beside Kineto without CUDA", bare_cupti.Subscriber().subscribe())


def subscriber_threads() -> None:
    """Leaving at the exit of a call while several threads call."""
    with launching_threads():
        for _ in range(4 * CYCLES):
            subscriber = bare_cupti.Subscriber()
            print("records", recorded(lambda: time.sleep(0.05)), "subscribed", subscriber.subscribe())
            subscriber.leave_at_next_exit()
            time.sleep(0.05)
            print("left", subscriber.left)


def teardown() -> None:
    """Kineto's own way of leaving, after gpu-trace's library and the script's profiler, while threads launch."""
    os.environ["TEARDOWN_CUPTI"] = "1"
    with launching_threads():
        for _ in range(CYCLES):
            print("records", recorded(lambda: time.sleep(0.05)), "kernels", profiled())
            time.sleep(0.1)


def teardown_graphs() -> None:
    """The same with CUDA graphs."""
    os.environ["TEARDOWN_CUPTI"] = "1"
    x, graph = torch.zeros(64, device="cuda"), torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        x.add_(1)
    for _ in range(CYCLES):
        print("records", recorded(graph.replay), "kernels", profiled())
        graph.replay()
        torch.cuda.synchronize()


def teardown_after_leaving() -> None:
    """Kineto has a subscriber that went with CUPTI, and is then told to make CUPTI leave in its own way."""
    profiled(with_cuda=False)
    print("records", recorded(launch), "left", bare_cupti.finalize())
    os.environ["TEARDOWN_CUPTI"] = "1"
    with launching_threads():
        for _ in range(CYCLES):
            print("kernels", profiled())
            time.sleep(0.1)
    print("records", recorded(launch))


def recorded_threads() -> None:
    """A script that gpu-trace records for a part of a second: it launches on, and then uses torch's profiler."""
    with launching_threads():
        ends = time.monotonic() + 3
        while time.monotonic() < ends:
            launch(100)
    print("kernels", profiled(), profiled())


if __name__ == "__main__":
    globals()[sys.argv[1]]()
    print("whole")
