"""``gpu-trace`` for tests that run it a hundred times: forks of one process that has imported all of it.

A command has a process, a working directory, an environment and streams of its own, as if a shell had started it. As a
program this is the process that is forked: it answers at a socket until its stdin ends. What the variable `FIRST` of
the environment says is run in the fork before the command.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from functools import cache
from importlib import import_module
from pathlib import Path
from traceback import print_exc
from typing import NoReturn

_CLIENT = """#!{python} -ISE
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as server:
    server.connect({address!r})
    asked = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode() + b"\\n"
    socket.send_fds(server, [asked], [0, 1, 2])
    code = int(server.recv(16))
if code < 0:
    import signal
    if -code != signal.SIGKILL:
        signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
sys.exit(code)
"""
_MODULES = (
    *(f"gpu_trace.recording.{name}" for name in ("assemble", "complete", "record", "subjects", "summary_files")),
    *("gpu_trace.exporting.perfetto.export", "gpu_trace.opening.show"),
)
"""What commands import when they need it."""
FIRST = "GPU_TRACE_TESTS_FIRST"


@cache
def program() -> Path:
    """A program that is ``gpu-trace``, in a folder of its own. It is there until this process ends."""
    folder = Path(tempfile.mkdtemp())
    (client := folder / "gpu-trace").write_text(_CLIENT.format(python=sys.executable, address=f"{folder}/socket"))
    client.chmod(0o755)
    server = subprocess.Popen([sys.executable, __file__, f"{folder}/socket"], stdin=-1, stdout=-1, text=True)
    atexit.register(_end, server, folder)
    assert server.stdout is not None
    assert server.stdout.readline() == "ready\n"
    return client


def _end(server: subprocess.Popen[str], folder: Path) -> None:
    server.communicate()
    shutil.rmtree(folder)


def main(address: str) -> None:
    """Answer until stdin ends."""
    from gpu_trace.cli import COMMANDS

    for module in (*(f"gpu_trace.commands.{name}" for name in COMMANDS), *_MODULES):
        import_module(module)
    gc.freeze()  # a collection in a fork would have all of it copied
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(address)
        server.listen()
        print("ready", flush=True)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # who answers is not waited for
        while sys.stdin not in select.select([sys.stdin, server], [], [])[0]:
            asking, _ = server.accept()
            if not os.fork():
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                answer(asking)
            asking.close()


def answer(asking: socket.socket) -> NoReturn:
    """Run the command, and say how it ended."""
    begun, streams, _, _ = socket.recv_fds(asking, 1 << 16, 3)
    with asking.makefile("rb") as rest:
        arguments, folder, environment = json.loads(begun if begun.endswith(b"\n") else begun + rest.readline())
    if not (pid := os.fork()):
        asking.close()
        for number, descriptor in enumerate(streams):
            os.dup2(descriptor, number)
            os.close(descriptor)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        become(arguments)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    asking.sendall(str(code).encode())
    os._exit(0)


def become(arguments: list[str]) -> NoReturn:
    """Be ``gpu-trace ARGUMENTS``."""
    from gpu_trace.cli import main as cli

    sys.argv = ["gpu-trace", *arguments]
    try:
        exec(os.environ.pop(FIRST, ""), {})
        cli()
    except SystemExit as ending:
        code = ending.code if isinstance(ending.code, int) else int(ending.code is not None)
    except BaseException:
        print_exc()
        code = 1
    else:
        code = 0
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main(sys.argv[1])
