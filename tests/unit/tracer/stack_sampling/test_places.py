"""Frames of sampled calls."""

from __future__ import annotations

import dis
import functools
import json
import subprocess
import textwrap
from pathlib import Path

import pytest

from gpu_trace.stack_sampling import records
from gpu_trace.stack_sampling.places import frames_of
from gpu_trace_analyzers.model import MISSING
from tests import sampled

OWN = Path("/site/gpu_trace/boot")


def frames(folder, calls, codes, own=OWN):
    """(function, file, line, caller) of each frame, and the frame of each call."""
    sampled.write(folder, 9, codes, calls, [])
    strings: dict[str, int] = {}
    table, position = frames_of(
        records.read(folder, 9), own, folder, lambda text: strings.setdefault(text, len(strings))
    )
    texts = list(strings)
    columns = (getattr(table, name).tolist() for name in ("function", "file", "line", "caller"))
    return [
        (texts[name], texts[file], line, caller) for name, file, line, caller in zip(*columns, strict=True)
    ], position.tolist()


def code(name, file, first_line=1):
    """A code object of two lines: every instruction is on the line after the first."""
    compiled = compile("\n" * first_line + "x", file, "exec")
    return sampled.code(name, file, first_line, compiled.co_linetable)


def test_a_call_before_its_first_instruction_is_at_the_first_line(tmp_path):
    found, position = frames(tmp_path, [(0, 1, -1)], [code("main", "/a.py", 5)])
    assert (found, position) == ([("main", "/a.py", 5, MISSING)], [MISSING, 0])


def test_the_same_place_with_another_caller_is_another_frame(tmp_path):
    codes = [code("main", "/a.py"), code("other", "/a.py"), code("leaf", "/b.py")]
    found, position = frames(tmp_path, [(0, 1, -1), (0, 2, -1), (1, 3, -1), (2, 3, -1)], codes)
    assert [(name, caller) for name, *_, caller in found] == [("main", -1), ("other", -1), ("leaf", 0), ("leaf", 1)]
    assert position == [MISSING, 0, 1, 2, 3]


def test_what_calls_an_init_in_python_3_13_is_no_frame(tmp_path):
    shim = sampled.code("__init__", "__init__", 1, b"\xfb")
    codes = [code("main", "/a.py"), shim, code("Net.__init__", "/b.py")]
    found, position = frames(tmp_path, [(0, 1, -1), (1, 2, -1), (2, 3, -1)], codes)
    assert [(name, caller) for name, *_, caller in found] == [("main", MISSING), ("Net.__init__", 0)]
    assert position == [MISSING, 0, 0, 1]


def test_instructions_of_one_line_are_one_frame(tmp_path):
    compiled = compile("first(second(third()))", "/a.py", "exec")
    offsets = [instruction.offset for instruction in dis.get_instructions(compiled) if instruction.opname == "CALL"]
    offsets = offsets or [0, 2]
    found, position = frames(tmp_path, [(0, 1, offset) for offset in offsets], [sampled.code_of(compiled)])
    assert len(found) == 1
    assert position[1:] == [0] * len(offsets)


@pytest.mark.parametrize("module", [subprocess, textwrap, json, functools])
def test_lines_are_those_that_python_itself_reports(tmp_path, module):
    def all_codes(compiled):
        yield compiled
        for constant in compiled.co_consts:
            if hasattr(constant, "co_code"):
                yield from all_codes(constant)

    compiled = list(all_codes(compile(Path(module.__file__).read_text(), module.__file__, "exec")))
    calls, expected = [], []
    for number, each in enumerate(compiled, 1):
        for start, end, line in each.co_lines():
            for offset in {start, end - 2}:
                calls.append((0, number, offset))
                expected.append(line or MISSING)
    found, position = frames(tmp_path, calls, map(sampled.code_of, compiled))
    assert [found[at][2] for at in position[1:]] == expected


def test_frames_of_gpu_trace_and_what_they_call_are_the_frame_that_called_them(tmp_path):
    codes = [code("main", "/a.py"), code("hook", "/site/gpu_trace/boot/imports.py"), code("inside", "/torch.py")]
    found, position = frames(tmp_path, [(0, 1, -1), (1, 2, -1), (2, 3, -1), (1, 3, -1)], codes)
    assert [name for name, *_ in found] == ["main", "inside"]
    assert position == [MISSING, 0, 0, 0, 1]  # called by main itself, it is main's


def test_a_thread_that_gpu_trace_began_has_no_frame(tmp_path):
    codes = [code("watch", "/site/gpu_trace/boot/bounds.py"), code("sleep", "/time.py")]
    assert frames(tmp_path, [(0, 1, -1), (1, 2, -1)], codes) == ([], [MISSING, MISSING, MISSING])


def test_files_with_a_name_alike_are_not_gpu_traces(tmp_path):
    found, _ = frames(tmp_path, [(0, 1, -1)], [code("main", "/site/gpu_trace/boots.py")])
    assert len(found) == 1


def test_relative_names_of_files_are_completed_where_there_is_such_a_file(tmp_path):
    (tmp_path / "train.py").touch()
    long = "x" * 5000
    names = ["train.py", "gone.py", "<string>", "/abs.py", long]
    found, _ = frames(tmp_path, [(0, number, -1) for number in range(1, 6)], [code("f", name) for name in names])
    assert [file for _, file, *_ in found] == [str(tmp_path / "train.py"), *names[1:]]
