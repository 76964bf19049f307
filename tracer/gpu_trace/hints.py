"""What did the user mean by this command line? A sentence with the command that does it."""

from __future__ import annotations

import re
import shlex
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from gpu_trace_analyzers.places import is_url

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_INTERPRETER = re.compile(r"(python|pypy)[\d.]*t?(\.exe)?")
_TRACE = (".json", ".json.gz", ".pftrace", ".pftrace.gz", ".sqlite", ".nsys-rep", ".db")


def for_command(word: str, commands: Collection[str]) -> str:
    """For a word that is not among the commands."""
    from difflib import get_close_matches

    shown = shlex.quote(word)
    if word.endswith(".py") or _is_interpreter(word):
        script = "SCRIPT" if _is_interpreter(word) else shown
        return f"{word!r} is not a command. To profile a script: gpu-trace run {script}"
    if is_url(word) or Path(word).exists():
        return f"{word!r} is not a command. To summarize a trace or a run folder: gpu-trace summary {shown}"
    if likely := get_close_matches(word, commands, 1):
        return f"{word!r} is not a command. Did you mean {likely[0]!r}?"
    return f"{word!r} is not a command. The commands are {', '.join(commands)}."


def for_script(name: str, arguments: Sequence[str]) -> str:
    """For what stands where `gpu-trace run` takes a script; empty where that may be one."""
    if _is_interpreter(name) and not Path(name).is_dir():
        return f"gpu-trace run starts Python itself. Give it only the script: {_without_interpreter(arguments)}"
    if name.endswith(".ipynb"):
        as_script = shlex.quote(f"{name.removesuffix('.ipynb')}.py")
        convert = f"jupyter nbconvert --to script {shlex.quote(name)}"
        return f"{name} is a notebook, not a script. Convert it first: {convert} && gpu-trace run {as_script}"
    if name.endswith(_TRACE):
        return f"{name} is not a script. If it is a trace: gpu-trace summary {shlex.quote(name)}"
    if Path(name).suffix in (".sh", ".bash"):
        return f"{name} is a shell script. In it, write gpu-trace run in place of python."
    return "" if Path(name).exists() else _for_program(name, arguments)


def _is_interpreter(name: str) -> bool:
    return bool(_INTERPRETER.fullmatch(Path(name).name))


def _without_interpreter(arguments: Sequence[str]) -> str:
    """The command with the script, or the module, that an interpreter was to run."""
    for place, argument in enumerate(arguments):
        if argument == "-m" or not argument.startswith("-"):
            return f"gpu-trace run {shlex.join(arguments[place:])}"
        if argument == "-c":
            break
    return "gpu-trace run SCRIPT"


def _for_program(name: str, arguments: Sequence[str]) -> str:
    """For the name of a program, which a shell would find and Python does not."""
    path = shutil.which(name) if Path(name).name == name else None
    if path is None:
        return ""
    first = b""
    with suppress(OSError), Path(path).open("rb") as file:  # some programs may be run, and not read
        first = file.readline(200)
    if first.startswith(b"#!") and b"python" in first:
        return f"{name} is not in this folder. Give its path: gpu-trace run {shlex.join([path, *arguments])}"
    return f"{name} is not a Python script. gpu-trace run takes a Python script, or a module with -m."
