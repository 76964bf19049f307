"""Tasks that depend on each other: as fast as their dependencies allow, and correct to the bit?

The experiment is a matrix product in blocks, for matrices in host memory. Block (i, j) of the result needs row i of the
blocks of A and column j of those of B: load them, multiply and add, store the sum. That is a list of tasks, each with
the tasks that it needs:

    load A[0,0], load B[0,0]     load A[0,1], load B[1,0]
               |                            |
               v                            v
    C[0,0] = A[0,0] B[0,0] ---> C[0,0] += A[0,1] B[1,0] ---> ... ---> store C[0,0]

- **in_order** runs the list on one stream. Each task runs after all earlier ones, so nothing overlaps.
- **scheduled** runs the same list on three streams, one to load, one to compute, one to store. A task waits only on
  the events of the tasks that it needs. Loads, products and stores overlap, and the link carries both directions.

The order in which sums are added up is a dependency too, so both give exactly the same result.

    python samples/dependencies.py
    gpu-trace run samples/dependencies.py

Look at the hidden copies of the two ranges, and at the exposed ones: the first loads, which the first product waits
for, and the last store. Without a GPU, threads replace the streams, and futures replace the events. A load transposes
a block of the transposed matrix, and each core has a thread to compute: sums of different blocks are independent.
"""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import nvtx
import torch
import variants

if TYPE_CHECKING:
    from collections.abc import Callable

ON_GPU = torch.cuda.is_available()
COMPUTING = tuple(f"compute {n}" for n in range(1 if ON_GPU else variants.cores()))
LANES = ("load", *COMPUTING, "store")


@dataclass
class Task:
    """A task in one of the lanes, after the tasks it needs; it also runs after all earlier tasks of its lane."""

    lane: str
    work: Callable[[], object]
    needs: list[Task] = field(default_factory=list)


class BlockedProduct:
    """A @ B, both of ``blocks`` x ``blocks`` blocks in host memory; `tasks` lists the tasks it takes."""

    def __init__(self, blocks: int, size: int) -> None:
        self.blocks = range(blocks)
        self.a, self.b, self.c = (_in_host_memory(blocks, size) for _ in range(3))
        device = "cuda" if ON_GPU else "cpu"
        self.loaded_a, self.loaded_b, self.sums = (torch.empty(self.c.shape, device=device) for _ in range(3))
        self.tasks = self._tasks()
        self.streams = {lane: torch.cuda.Stream() for lane in LANES} if ON_GPU else {}
        threads = {} if ON_GPU else {lane: ThreadPoolExecutor(1, initializer=_one_core) for lane in LANES}
        self.threads: dict[str, ThreadPoolExecutor] = threads
        self.expected = in_order(self).clone()
        self._check_a_row()

    def _tasks(self) -> list[Task]:
        tasks: list[Task] = []
        loads: dict[tuple[str, int, int], Task] = {}

        def load(name: str, i: int, j: int) -> Task:
            if (name, i, j) not in loads:  # once, however many products need the block
                there, here = (self.loaded_a, self.a) if name == "a" else (self.loaded_b, self.b)
                loads[name, i, j] = Task("load", lambda: there[i, j].copy_(here[i, j], non_blocking=True))
                tasks.append(loads[name, i, j])
            return loads[name, i, j]

        for i in self.blocks:
            for j in self.blocks:
                lane = COMPUTING[(i * len(self.blocks) + j) % len(COMPUTING)]  # one per sum, to keep its order
                for k in self.blocks:
                    needs = [load("a", i, k), load("b", k, j)]
                    tasks.append(Task(lane, lambda i=i, j=j, k=k: self.add(i, j, k), needs))
                last = tasks[-1]
                tasks.append(Task("store", lambda i=i, j=j: self.store(i, j), [last]))
        return tasks

    def add(self, i: int, j: int, k: int) -> None:
        """Add the product of two blocks to the sum at (i, j); the first begins it."""
        total = self.sums[i, j]
        torch.addmm(total, self.loaded_a[i, k], self.loaded_b[k, j], beta=int(k > 0), out=total)

    def store(self, i: int, j: int) -> None:
        self.c[i, j].copy_(self.sums[i, j], non_blocking=True)

    def check(self, c: torch.Tensor) -> None:
        """Raise unless every bit is as it was when tasks ran one by one. Then clear all, for the next variant."""
        if not torch.equal(c, self.expected):
            raise AssertionError("a task did not wait for what it needs")
        for memory in (self.c, self.sums, self.loaded_a, self.loaded_b):
            memory.fill_(torch.nan)
        variants.synchronize()

    def _check_a_row(self) -> None:
        """Raise unless the expected result is the product: its first row of blocks, against whole matrices."""
        a_row = torch.cat(list(self.a[0]), 1)[:8].double()
        b = torch.cat([torch.cat(list(row), 1) for row in self.b], 0).double()
        c_row = torch.cat(list(self.expected[0]), 1)[:8].double()
        torch.testing.assert_close(c_row, a_row @ b, rtol=1e-3, atol=1e-2)


def _in_host_memory(blocks: int, size: int) -> torch.Tensor:
    random = torch.randn(blocks, blocks, size, size, device="cuda" if ON_GPU else "cpu")
    return random.cpu().pin_memory() if ON_GPU else random.transpose(2, 3)


def _one_core() -> None:
    torch.set_num_threads(1)


def in_order(product: BlockedProduct) -> torch.Tensor:
    for task in product.tasks:
        task.work()
    if ON_GPU:
        torch.cuda.current_stream().synchronize()
    return product.c


def in_streams(product: BlockedProduct) -> torch.Tensor:
    done: dict[int, torch.cuda.Event] = {}
    for task in product.tasks:
        with torch.cuda.stream(product.streams[task.lane]):
            for needed in task.needs:
                if needed.lane != task.lane:
                    done[id(needed)].wait()
            task.work()
            done[id(task)] = torch.cuda.Event()
            done[id(task)].record()
    for stream in product.streams.values():
        stream.synchronize()
    return product.c


def in_threads(product: BlockedProduct) -> torch.Tensor:
    done: dict[int, Future[object]] = {}

    def run(task: Task) -> None:
        for needed in task.needs:
            done[id(needed)].result()
        with nvtx.annotate(f"scheduled: {task.lane.split()[0]}", color="cyan"):
            task.work()

    for task in product.tasks:
        done[id(task)] = product.threads[task.lane].submit(run, task)
    for future in done.values():
        future.result()
    return product.c


VARIANTS: dict[str, Callable[[BlockedProduct], torch.Tensor]] = {
    "in_order": in_order,
    "scheduled": in_streams if ON_GPU else in_threads,
}


def main() -> None:
    options = variants.parser(__doc__, VARIANTS)
    options.add_argument(
        "--blocks", type=int, default=3 if ON_GPU else 4, help="blocks per row and column of the matrices"
    )
    options.add_argument("--size", type=int, default=4096 if ON_GPU else 384, help="size of a block")
    args = options.parse_args()
    if ON_GPU:
        where = torch.cuda.get_device_name()
    else:
        where = f"no GPU here: threads stand in for streams, on {variants.cores()} cores"
        torch.set_num_threads(1)
    product = BlockedProduct(args.blocks, args.size)
    blocks = f"{args.blocks}x{args.blocks} blocks of {args.size}x{args.size} float32"
    print(f"a product of matrices of {blocks}, {len(product.tasks)} tasks ({where})")
    variants.run(product, VARIANTS, product.check, args.variant, args.repeats)


if __name__ == "__main__":
    main()
