"""The notebooks of the documentation, executed without a browser.

``python tests/notebooks.py`` (or scripts/refresh-docs) writes what they show now into them. Each runs in the project's
folder, or, if it records, in a temporary one, whose name is not kept.
"""

from __future__ import annotations

import copy
import os
import tempfile
from pathlib import Path
from typing import Any
from unittest.mock import patch

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "docs/notebooks").glob("*.ipynb"))
FIGURE = "application/vnd.plotly.v1+json"
_RECORDS = "load_ext gpu_trace"
_SECONDS = 200


def read(path: Path) -> Any:
    """A notebook as it is in the repository."""
    return nbformat.read(path, as_version=4)


def records(notebook: Any) -> bool:
    """Whether it shows what it records itself, which is never the same twice."""
    return any(_RECORDS in cell.source for cell in notebook.cells)


def executed(notebook: Any) -> Any:
    """The same notebook with what it shows now. Raises ``CellExecutionError`` for a cell that fails."""
    done = copy.deepcopy(notebook)
    with tempfile.TemporaryDirectory() as folder:
        place = folder if records(notebook) else str(ROOT)
        settings = {"PLOTLY_RENDERER": "plotly_mimetype", "IPYTHONDIR": folder, "CUDA_VISIBLE_DEVICES": ""}
        with patch.dict(os.environ, settings):
            NotebookClient(done, timeout=_SECONDS, resources={"metadata": {"path": place}}).execute()
        return _without_place(done, f"{os.path.realpath(folder)}/")


def _without_place(notebook: Any, place: str) -> Any:
    """Without the name of a folder that is gone, and the times of cells."""
    text = nbformat.writes(notebook).replace(place, "")
    plain = nbformat.reads(text, as_version=4)
    plain.metadata = nbformat.from_dict({"kernelspec": notebook.metadata.get("kernelspec", {})})
    for cell in plain.cells:
        cell.metadata = nbformat.from_dict({})
    return plain


def shown(notebook: Any) -> list[list[Any]]:
    """What each cell shows, in order."""
    return [[_one(output) for output in cell.get("outputs", [])] for cell in notebook.cells]


def _one(output: Any) -> Any:
    return output.get("text") or output.get("data") or output


def main() -> None:
    """Write the outputs of today into the notebooks."""
    for path in NOTEBOOKS:
        nbformat.write(executed(read(path)), path)


if __name__ == "__main__":
    main()
