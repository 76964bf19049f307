"""Programs of PyTorch on a CPU, as if each operator that writes a tensor had launched one kernel.

As a program it runs them all and writes the execution trace of each: ``python cpu_programs.py FOLDER``.
"""

from __future__ import annotations

import json
import random
import re
import sys
from collections import defaultdict
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from executions import Run
    from gpu_trace_analyzers.dependencies.execution_trace import Node

STEPS = 3


def convolutions() -> Callable[[int], None]:
    """A network with running statistics, gradients that are sometimes zeroed and sometimes dropped, and clipping."""
    import torch
    from torch import nn

    layers = [nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(inplace=True), nn.MaxPool2d(2)]
    model = nn.Sequential(*layers, nn.Flatten(), nn.Dropout(0.5), nn.Linear(8 * 7 * 7, 10))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9, foreach=True)
    batches, labels = [torch.randn(4, 3, 16, 16) for _ in range(STEPS)], torch.randint(0, 10, (4,))

    def step(i: int) -> None:
        optimizer.zero_grad(set_to_none=i % 2 == 0)
        nn.functional.cross_entropy(model(batches[i]), labels).backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0, foreach=True)
        optimizer.step()

    return step


def transformer() -> Callable[[int], None]:
    """Attention, embeddings, and an optimizer that goes through lists of tensors."""
    import torch
    from torch import nn

    body = nn.TransformerEncoder(nn.TransformerEncoderLayer(32, 4, 64, batch_first=True), 2)
    words, head = nn.Embedding(50, 32), nn.Linear(32, 50)
    parameters = [*body.parameters(), *words.parameters(), *head.parameters()]
    optimizer, text = torch.optim.AdamW(parameters, lr=0.01, foreach=True), torch.randint(0, 50, (4, 16))

    def step(_: int) -> None:
        optimizer.zero_grad()
        told = head(body(words(text)))
        nn.functional.cross_entropy(told[:, :-1].reshape(-1, 50), text[:, 1:].reshape(-1)).backward()
        optimizer.step()

    return step


def tensors() -> Callable[[int], None]:
    """Operators at random, on few tensors of one size: views, in place, with results in given memory."""
    import torch

    pool, choose = [torch.randn(8, 8) for _ in range(4)], random.Random(0)

    def step(_: int) -> None:
        for _ in range(60):
            a, b = choose.choice(pool), choose.choice(pool)
            made = choose.choice(_operations(torch))(a, b)
            if made is not None:
                pool[choose.randrange(4)] = made

    return step


def _operations(torch: Any) -> list[Callable[[Any, Any], Any]]:
    return [
        lambda a, b: a + b,
        lambda a, b: torch.mm(a, b),
        lambda a, b: torch.cat([a[:4], b[4:]]),
        lambda a, b: torch.where(a > 0, a, b),
        lambda a, b: torch.add(a, b, out=torch.empty(0)),
        lambda a, _: a.t(),
        lambda a, _: a.sort(dim=0)[0],
        lambda a, _: a.cumsum(0),
        lambda a, _: a.double().float(),
        lambda a, _: torch.stack([a[0]] * 8),
        lambda a, _: torch.nn.functional.layer_norm(a, (8,)),
        lambda a, b: _nothing(a.add_(b)),
        lambda a, b: _nothing(a[2:5].copy_(b[3:6].clone())),
        lambda a, _: _nothing(a[:, 1].fill_(1.0)),
        lambda a, b: _nothing(torch._foreach_add_([a, b.clone()], 1.0)),
        lambda a, b: _nothing(a.index_put_((torch.tensor([0, 1]),), b[:2].clone())),
        lambda a, b: _nothing(torch.mm(a.clone(), b.clone(), out=a) if a.is_contiguous() else None),
    ]


def _nothing(_: object) -> None:
    return None


PROGRAMS = (convolutions, transformer, tensors)


def main(folder: Path) -> None:
    """Run them, a first step of each without the observer."""
    import torch
    from torch.profiler import ExecutionTraceObserver

    torch.set_num_threads(1)
    for program in PROGRAMS:
        torch.manual_seed(0)
        step = program()
        step(0)
        observer = ExecutionTraceObserver()
        observer.register_callback(str(folder / f"{program.__name__}.json"))
        observer.start()
        for i in range(STEPS):
            step(i)
        observer.stop()
        observer.unregister_callback()


def as_on_a_device(path: Path) -> Run:
    """The run that an execution trace of a CPU would be if its tensors were on a GPU.

    Numbers are left out: PyTorch wraps them in tensors of the host for the moment, on a GPU too.
    """
    from executions import PID, Run
    from gpu_trace_analyzers.dependencies.execution_trace import execution_trace_of
    from gpu_trace_analyzers.questions.launches import launches
    from literal import literal

    text = re.sub(r'(\[\d+,\d+,0),1,8,"cpu"\]', r'\1,0,8,"cpu"]', path.read_text()).replace('"cpu"', '"cuda:0"')
    document = json.loads(text) | {"pid": PID}
    data = json.dumps(document).encode()
    statements = "\n".join(_statements(document["nodes"], execution_trace_of(data, path).nodes))
    trace = literal(statements)
    return Run(trace, launches(trace).at_ns.argsort(kind="stable"), data, statements)


def _statements(document: list[dict[str, Any]], nodes: Mapping[int, Node]) -> Iterator[str]:
    """Of a literal trace: each operator; as it ends a kernel, if what it wrote was written by none that it called."""
    called = defaultdict(list)
    for one in sorted(document, key=lambda one: one["id"]):
        if one["ctrl_deps"] != one["id"]:
            called[one["ctrl_deps"]].append(one)
    clock = iter(range(0, 1 << 40, 10))

    def visit(one: dict[str, Any]) -> Iterator[str]:
        begin = next(clock)
        for inside in called[one["id"]]:
            yield from visit(inside)
        if _written(one, nodes) - _written_inside(one, nodes, called):
            at = next(clock)
            yield f"k {10**9 + at}-{10**9 + at + 5} @{at} name={one['name']}"
        if number := _number(one):
            yield f"op {re.sub('[ ;]', '_', one['name'])} {begin}-{next(clock)} rf={number}"

    return chain.from_iterable(visit(one) for one in called[1])


def _number(one: dict[str, Any]) -> int:
    return next(attribute["value"] for attribute in one["attrs"] if attribute["name"] == "rf_id")


def _written_inside(
    one: dict[str, Any], nodes: Mapping[int, Node], called: dict[int, list[dict[str, Any]]]
) -> set[int]:
    inside = called[one["id"]]
    return set().union(*(_written(each, nodes) | _written_inside(each, nodes, called) for each in inside))


def _written(one: dict[str, Any], nodes: Mapping[int, Node]) -> set[int]:
    """The storages that it writes, if it does more than to make room."""
    from gpu_trace_analyzers.dependencies.accesses import accesses, leaves_content

    node = nodes.get(_number(one))
    if node is None or node.schema is None or leaves_content(node) or node.name.startswith("aten::empty"):
        return set()
    found = accesses(node)
    return {part.storage for part in found.writes} if found else set()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
