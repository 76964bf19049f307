"""Native halves that need not run again: with torch each takes seconds, and does the same as the last time.

What a script does natively depends on itself, on Python, the packages and the environment. A half is kept under all of
these, once it was equal to the traced one. Where a traced half differs from the one that is kept, the native half runs
after all: no test fails for what was kept. It is in pytest's cache, so ``pytest --cache-clear`` makes all of them run,
and a fresh clone has none.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, replace
from functools import cache
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import native

if TYPE_CHECKING:
    from collections.abc import Callable

    from native import Case, Outcome

FOLDER = Path(__file__).parents[1] / ".pytest_cache/d/native"
OF_THE_SHELL = {"_", "OLDPWD", "SHLVL"}
Half = TypeVar("Half")


def run_both(case: Case, folder: Path, *options: str, printed_alone: bool = False) -> tuple[Outcome, Outcome]:
    """Do as `native.run_both` does, natively only where that is not known. The options are of ``gpu-trace run``.

    ``printed_alone`` leaves stderr out: what torch prints there while it crashes differs from run to run.
    """

    def seen(outcome: Outcome) -> Outcome:
        return replace(outcome, stderr="") if printed_alone else outcome

    alone, traced = folder / "alone", folder / "traced"
    for each in (alone, traced):
        native.write_files(case, each)
    return halves(
        (case, printed_alone),
        native.Outcome,
        lambda: seen(native.run_natively(case, alone)),
        lambda: seen(native.run_traced(case, traced, folder / "run", *options)),
    )


def halves(
    what: object, kind: type[Half], run_natively: Callable[[], Half], run_traced: Callable[[], Half]
) -> tuple[Half, Half]:
    """What both return, side by side: a dataclass of JSON's types. ``what`` they run is told apart by its repr."""
    kept = FOLDER / f"{hashlib.sha256(f'{what!r} {_here()}'.encode()).hexdigest()}.json"
    known = None
    with suppress(OSError, ValueError):
        known = kind(**json.loads(kept.read_text("utf-8")))
    with ThreadPoolExecutor() as pool:
        ours = pool.submit(run_traced)
        alone = run_natively() if known is None else known
        traced = ours.result()
    if known is not None and known != traced:
        kept.unlink(missing_ok=True)
        alone, known = run_natively(), None
    if known is None and alone == traced:
        _keep(kept, asdict(alone))
    return alone, traced


def _keep(path: Path, what: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    (written := path.with_suffix(f".{os.getpid()}")).write_text(json.dumps(what), "utf-8")
    written.replace(path)


@cache
def _here() -> str:
    """Everything but the script that a native half depends on."""
    packages = sorted(f"{each.name} {each.version}" for each in distributions())
    environment = {name: value for name, value in native.environment().items() if name not in OF_THE_SHELL}
    return repr((sys.version, sys.prefix, platform.uname(), packages, sorted(environment.items())))
