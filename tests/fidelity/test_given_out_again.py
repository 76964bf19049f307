"""Programs of PyTorch whose memory is given out again have the dependencies that they have when no memory is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cpu_programs import PROGRAMS, as_on_a_device
from gpu_trace_analyzers.dependencies.accesses import made_by

SCRIPT = Path(__file__).parents[1] / "cpu_programs.py"
NO_FREE = "void free(void *memory) { (void)memory; }"
COMPILER = shutil.which("cc")

pytestmark = pytest.mark.skipif(sys.platform != "linux" or not COMPILER, reason="needs Linux and a C compiler")


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """The execution traces of the programs as they are, and where the C library frees nothing."""
    folder = tmp_path_factory.mktemp("given_out_again")
    (folder / "no_free.c").write_text(NO_FREE)
    library = folder / "no_free.so"
    subprocess.run([COMPILER, "-shared", "-fPIC", "-fno-builtin", "-o", library, folder / "no_free.c"], check=True)
    for name, preloaded in (("again", {}), ("never", {"LD_PRELOAD": str(library)})):
        (folder / name).mkdir()
        subprocess.run(
            [sys.executable, SCRIPT, folder / name], env={**os.environ, **preloaded}, check=True, timeout=200
        )
    return folder


@pytest.mark.parametrize("name", [program.__name__ for program in PROGRAMS])
def test_memory_that_is_given_out_again_changes_no_dependency(folders, name):
    again, never = (as_on_a_device(folders / which / f"{name}.json") for which in ("again", "never"))
    assert [node.name for node in again.execution.nodes.values()] == [
        node.name for node in never.execution.nodes.values()
    ]
    assert again.edges == never.edges
    assert len(again.edges) > 150
    assert _storages(again) < _storages(never) / 1.5


def _storages(run):
    return len({part.storage for node in run.execution.nodes.values() for part in made_by(node)})
