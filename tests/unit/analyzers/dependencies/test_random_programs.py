"""Random programs against a brute force that keeps the last writer and the readers of every element."""

from __future__ import annotations

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from executions import ELEMENTS, run
from gpu_trace_analyzers.dependencies.edges import Because

PARTS = ("[0:8]", "[0:4]", "[4:8]", "[2:6]", "[0:8:2]", "[1:8:3]", "[3:4]", "[0:8:0]")
STRONGEST_FIRST = ("READS", "SAME_OPERATOR", "OVERWRITES_READ", "OVERWRITES")

steps = st.lists(
    st.tuples(
        st.sampled_from(["makes", "makes inside", "empties", "changes", "replaces", "reads"]),
        st.integers(0, 5),
        st.integers(0, 5),
        st.sampled_from(PARTS),
        st.sampled_from(PARTS),
        st.integers(1, 2),
        st.booleans(),
    ),
    min_size=1,
    max_size=14,
)


@dataclass
class Program:
    """A program, and what each of its operations has to wait for."""

    lines: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    writers: dict[str, list[int | None]] = field(default_factory=dict)
    readers: dict[str, list[set[int]]] = field(default_factory=dict)
    edges: dict[tuple[int, int], str] = field(default_factory=dict)
    rows: int = 0

    def name(self, place: int) -> str:
        return self.names[place % len(self.names)] if self.names else self.new(None)

    def new(self, address: str | None) -> str:
        """A tensor in new memory, or in that of one which is used no more."""
        name = f"m{len(self.writers)}"
        self.writers[name], self.readers[name] = [None] * ELEMENTS, [set() for _ in range(ELEMENTS)]
        if address is not None:
            self.names.remove(address)
        self.names.append(name)
        return name

    def launch(self, reads: list[tuple[str, str]], writes: list[tuple[str, str]], count: int) -> None:
        for kernel in range(count):
            row = self.rows
            self.rows += 1
            if kernel:
                self.wait(row - 1, row, "SAME_OPERATOR")
            for name, part in reads:
                for i in elements(part):
                    self.wait(self.writers[name][i], row, "READS")
                    self.readers[name][i].add(row)
            for name, part in writes:
                for i in elements(part):
                    for reader in self.readers[name][i]:
                        self.wait(reader, row, "OVERWRITES_READ")
                    self.wait(self.writers[name][i], row, "OVERWRITES")
                    self.writers[name][i], self.readers[name][i] = row, set()

    def wait(self, before: int | None, after: int, why: str) -> None:
        if before is not None and before != after:
            known = self.edges.get((before, after), "OVERWRITES")
            self.edges[before, after] = min(known, why, key=STRONGEST_FIRST.index)


def elements(part: str) -> range:
    """From the first to the last."""
    first, end, step = [int(word) for word in [*part.strip("[]").split(":"), "1"]][:3]
    return range(first, range(first, end, step)[-1] + 1) if step else range(first, first + 1)


def is_dense(part: str) -> bool:
    return not part.endswith((":2]", ":3]"))


def program(drawn) -> Program:
    out = Program()
    for kind, a, b, part, other, count, reuses in drawn:
        source, read = out.name(a), (out.name(a), part)
        kernels = " k" * count
        if kind in ("makes", "makes inside", "empties"):
            free = [name for name in out.names if name != source]
            address = free[b % len(free)] if free and reuses else None
            result = out.new(address)
            made = f"{result}={address}" if address else result
            if kind == "empties":
                out.lines.append(f"empty() -> {made}")
            elif kind == "makes":
                out.lines.append(f"relu({source}{part}) -> {made} :{kernels}")
                out.launch([read], [(result, "[0:8]")], count)
            else:
                out.lines += [f"to({source}{part}) -> {made}", f"    copy_({result}!, {source}{part}) :{kernels}"]
                out.launch([read], [(result, "[0:8]")], count)
        elif kind == "reads":
            out.lines.append(f"check({source}{part}) :{kernels}")
            out.launch([read], [], count)
        else:
            name = "add_" if kind == "changes" else "copy_"
            target = (out.name(b), other)
            out.lines.append(f"{name}({target[0]}{other}!, {source}{part}) :{kernels}")
            also = [] if kind == "replaces" and is_dense(other) else [target]
            out.launch([*also, read], [target], count)
    return out


@given(steps)
def test_edges_are_those_of_the_brute_force(drawn):
    wanted = program(drawn)
    found = run("\n".join(wanted.lines))
    assert found.edges == {(before, after, why) for (before, after), why in wanted.edges.items()}
    assert found.dependencies.known.all()
    assert set(STRONGEST_FIRST) <= set(Because.__members__)
