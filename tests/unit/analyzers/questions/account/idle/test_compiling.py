from __future__ import annotations

from dataclasses import replace

import pytest

from literal import literal

from .told import facts, told

GAP = "k 0-1000 @0; k 91000-92000 @90000"


def marks(*named, more=""):
    """Short ranges, each (start, name, thread)."""
    text = "; ".join(
        f"range r{number} {start}-{start + 100} t{thread}" for number, (start, _, thread) in enumerate(named)
    )
    trace = literal(f"{GAP}; {text}; {more}")
    names = {f"r{number}": name for number, (_, name, _) in enumerate(named)}
    return replace(trace, strings=tuple(names.get(text, text) for text in trace.strings))


def phase(start, name="backend_compile", compilation="0/0", thread=1):
    return start, f"{name}_data: fn_name=f, compile_id={compilation}", thread


def compiled(trace):
    return [row[1:] for row in told(trace) if row[0] == "compiling"]


def test_from_the_first_mark_of_a_compilation_to_the_last_the_host_compiled():
    trace = marks(phase(20000, "dynamo"), phase(40000), phase(59900, "gc"))
    assert compiled(trace) == [(20000, 60000)]
    assert facts(trace, "compiling") == [("torch.compile compiled 0/0", 40000, "")]


@pytest.mark.parametrize(
    "trace",
    [
        marks(phase(20000, thread=2), phase(40000, thread=2)),
        marks((20000, "Torch-Compiled Region: 0/0", 1), (40000, "Torch-Compiled Region: 0/0", 1)),
        marks((20000, "## Call CompiledFxGraph f ##", 1), (40000, "## Call CompiledFxGraph f ##", 1)),
        marks((20000, "compile_id=0/0", 1), (40000, "compile_id=0/0", 1)),
        marks((20000, "my_data: batch=3", 1), (40000, "my_data: batch=4", 1)),
    ],
)
def test_other_ranges_and_other_threads_are_no_compiling(trace):
    assert compiled(trace) == []


def test_two_compilations_have_nothing_between_them():
    trace = marks(phase(20000), phase(30000), phase(50000, compilation="1/0"), phase(60000, compilation="1/0"))
    assert compiled(trace) == [(20000, 30100), (50000, 60100)]


def test_marks_with_a_launch_between_them_are_of_two_passes():
    trace = marks(phase(20000), phase(30000), phase(50000), phase(60000), more="s9 k 45000-45000 @40000 t3")
    assert compiled(trace) == [(20000, 30100), (50000, 60100)]
