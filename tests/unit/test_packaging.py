"""What an installed gpu-trace consists of."""

from __future__ import annotations

import configparser
import shutil
import subprocess
import sys
import zipfile
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
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(folder)]
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
