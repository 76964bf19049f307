"""What an installed gpu-trace consists of."""

from __future__ import annotations

import configparser
import shutil
import subprocess
import sys
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCE_ROOTS = {"gpu_trace": ROOT / "tracer", "gpu_trace_analyzers": ROOT / "analyzers"}


def packages_in_the_tree() -> set[str]:
    return {
        ".".join(init.parent.relative_to(source).parts)
        for name, source in SOURCE_ROOTS.items()
        for init in (source / name).rglob("__init__.py")
    }


def test_setup_cfg_lists_every_package():
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    listed = config["options"]["packages"].split()
    assert listed == sorted(listed)
    assert set(listed) == packages_in_the_tree()


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    # A copy: setuptools would take modules that are long gone from a build/ of before.
    for name in ("tracer", "analyzers"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__", "*.egg-info", "*.so"))
    for name in ("setup.cfg", "setup.py", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, folder)
    # The sdist too, and the wheel from that: so the sdist has all that a wheel needs.
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(folder)]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    return zipfile.ZipFile(next(folder.glob("*.whl")))


def test_the_wheel_holds_the_two_packages_and_nothing_else(wheel):
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(SOURCE_ROOTS)


def test_the_wheel_holds_every_module_and_data_file(wheel):
    sources = {
        str(path.relative_to(source))
        for name, source in SOURCE_ROOTS.items()
        for path in (source / name).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.suffix not in {".so", ".pyc"}
    }
    assert sources <= set(wheel.namelist())


def metadata(wheel, name):
    (path,) = (path for path in wheel.namelist() if path.endswith(f".dist-info/{name}"))
    return message_from_bytes(wheel.read(path))


def test_the_wheel_is_for_every_python_with_the_libraries_inside(wheel):
    assert [tag.split("-")[:2] for tag in metadata(wheel, "WHEEL").get_all("Tag")] == [["py3", "none"]]
    sources = ("cupti_recording/_activities", "nvtx_recording/_injection", "stack_sampling/_sampler")
    boot = ("boot/_garbage", "boot/_safepoint", "boot/_signals")
    libraries = {f"gpu_trace/{name}.so" for name in (*boot, *sources)}
    libraries.add("gpu_trace_analyzers/readers/chrome/compiled/_scanner.so")
    assert {name for name in wheel.namelist() if name.endswith(".so")} == (libraries if shutil.which("cc") else set())


def test_no_library_is_compiled_against_the_headers_of_a_python():
    sources = [path for root in SOURCE_ROOTS.values() for path in root.rglob("*.[ch]")]
    assert len(sources) > 20
    assert [path.name for path in sources if "#include <Python.h>" in path.read_text()] == []


def test_torch_is_not_required_but_an_extra(wheel):
    required = metadata(wheel, "METADATA").get_all("Requires-Dist")
    assert [line for line in required if line.startswith("torch") and "extra ==" not in line] == []
    assert 'torch>=2.6; extra == "torch"' in required
