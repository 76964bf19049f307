"""A whole job, read by the workers of a Dask cluster, which also merge: what comes here is the whole alone."""

from __future__ import annotations

import logging
from concurrent.futures import CancelledError
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from ...errors import UsageError, WorkerLost
from ...interrupts import interrupts_later
from ..kept.encoding import OtherVersion, decoded, encoded
from ..kept.merged import merged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ..kept.partial import Partial
    from .sources import RankFiles

LOCAL = "local"
"""in place of an address: a cluster of this machine, for as long as the job is read"""
_TOGETHER = 16
"""parts that a worker merges at once"""
_PATIENCE_S = 10
"""for the scheduler to answer"""


def on_dask(
    files: Sequence[RankFiles],
    read: Callable[[RankFiles], Partial],
    address: str,
    workers: int,
    done: Callable[[], None] = lambda: None,
) -> Partial:
    """The parts of all ranks as one, the same as of `in_process`. What was on a worker that ends is read again.

    ``address`` is that of a scheduler, or `LOCAL` for ``workers`` processes here, at most one per rank. Raises
    `UsageError` where Dask is not installed, `WorkerLost` where no scheduler answers or workers end again and again.
    """
    dask = _dask()
    with _client(dask, address, min(workers, len(files))) as client, _named_in_a_sentence(dask, address):
        name = f"gpu-trace-{uuid4().hex}"
        keys = [f"{name}-rank-{place}" for place in range(len(files))]
        parts = client.map(partial(_encoded, read), files, key=keys)
        for part in parts:
            part.add_done_callback(lambda _: done())
        while len(parts) > 1:
            groups = [parts[at : at + _TOGETHER] for at in range(0, len(parts), _TOGETHER)]
            parts = [client.submit(_merged, group, pure=False, priority=1) for group in groups]
        return decoded(parts[0].result())


def _encoded(read: Callable[[RankFiles], Partial], files: RankFiles) -> bytes:
    return encoded(read(files))


def _merged(parts: Sequence[bytes]) -> bytes:
    return encoded(merged(map(decoded, parts)))


@contextmanager
def _client(dask: Any, address: str, workers: int) -> Iterator[Any]:
    with ExitStack() as stack:
        if address == LOCAL:
            yield _of_this_machine(dask, workers, stack)
            return
        try:
            client = stack.enter_context(dask.Client(address, timeout=_PATIENCE_S))
        except (OSError, ValueError) as error:
            problem = f"--dask {address}: no scheduler answers there"
            raise WorkerLost(f"{problem}; start one with `dask scheduler`, or use --dask {LOCAL}") from error
        yield client


def _of_this_machine(dask: Any, workers: int, stack: ExitStack) -> Any:
    """A client of a cluster that is started here, and ended with the stack; Ctrl-C is for neither start nor end."""
    no_page = {"dashboard": False, "dashboard_address": "127.0.0.1:0"}  # else port 8787, for everyone, or a warning
    settings = {"threads_per_worker": 1, "scheduler_kwargs": no_page, "silence_logs": logging.CRITICAL}
    with interrupts_later():
        cluster = dask.LocalCluster(n_workers=workers, **settings)
        stack.callback(_close, cluster)
        client = dask.Client(cluster)
        stack.callback(_close, client)
    return client


def _close(opened: Any) -> None:
    with interrupts_later():
        opened.close()


def _dask() -> Any:
    """The package, which has no types. Raises `UsageError` where it is not installed."""
    try:
        return import_module("distributed")
    except ImportError as error:
        raise UsageError("--dask needs Dask, which is not installed; run pip install 'gpu-trace[dask]'") from error


@contextmanager
def _named_in_a_sentence(dask: Any, address: str) -> Iterator[None]:
    """Raise `WorkerLost` for what Dask raises where its own processes are the trouble."""
    try:
        yield
    except dask.KilledWorker as error:
        problem = "workers ended again and again while they read a rank"
        raise WorkerLost(f"--dask {address}: {problem}; their logs say why, mostly that memory was short") from error
    except (CancelledError, OSError) as error:
        raise WorkerLost(f"--dask {address}: the scheduler went away; its log says why") from error
    except OtherVersion as error:
        problem = "the workers have another version of gpu-trace"
        raise WorkerLost(f"--dask {address}: {problem}; install the same on all machines") from error
    except ImportError as error:
        raise WorkerLost(f"--dask {address}: the workers lack {error.name}; install gpu-trace there too") from error
