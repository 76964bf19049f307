"""A script must not notice that it is recorded: each case runs natively and under ``gpu-trace run``, to the same end.

These never import torch, so that they are quick; what can go wrong in them is how the script is started and ended.
"""

from __future__ import annotations

import os
import signal
import sys

import pytest

from native import Case, Outcome, facts, run_both, run_natively, run_traced, script, write_files

WHO = """
import inspect, sys
print(sys.argv, __name__, __file__, __spec__, __package__, __doc__, __builtins__, sorted(globals()))
print(sys.path, sys.orig_argv[1:], sys.flags, sys.warnoptions, sys._xoptions)
print(sys.modules["__main__"].__dict__ is globals(), sys._getframe().f_back, sys.exc_info(), len(inspect.stack()))
"""
ISOLATED = """
import os, sys
print(sys.argv, __file__, sys.path, __debug__, {name: value for name, value in os.environ.items() if "PYTHON" in name})
"""
POOL = """
import multiprocessing, os, sys

class Point:
    def __init__(self, x): self.x = x

def double(point): return Point(2 * point.x)

if __name__ == "__main__":
    with multiprocessing.get_context({method!r}).Pool(2) as pool:
        print([point.x for point in pool.map(double, [Point(1), Point(2)])])
"""
FORK = """
import os, sys
sys.stdout.flush()
pid = os.fork()
if pid == 0:
    {end}
print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
"""
CHAIN = """
def f(x):
    try: return 1 / x
    except ZeroDivisionError as error: raise KeyError("k") from error
f(0)
"""
PACKAGE = {"pkg/__init__.py": "", "pkg/__main__.py": WHO, "pkg/mod.py": WHO}
LOADED = """
import sys
# atexit, errno and gc are built in, and nobody can mean another __future__: they do no harm
HARMLESS = ("__future__", "atexit", "errno", "gc")
print(sorted(name for name in sys.modules if "_gpu_trace_boot" not in name and name not in HARMLESS))
"""
NO_PATH = {"PYTHONPATH": "/nowhere", "PYTHONOPTIMIZE": "1"}
NAMES = ("queue", "typing", "threading", "signal", "ctypes", "session", "notes", "recorder")
SHADOWS = f"import {', '.join(NAMES)}\nprint([module.mine for module in ({', '.join(NAMES)})])"
RECURSION = """
import sys
def depth(n):
    try: return depth(n + 1)
    except RecursionError: return n
print(depth(0))
"""

CASES = {
    "arguments verbatim": script(WHO, command=("script.py", "-q", "--", "-m", "-o", "x y", "--level=ops")),
    "a relative path": Case({"d/script.py": WHO}, command=("./d/../d/script.py",)),
    "isolated": script(ISOLATED, flags=("-I",), environment=NO_PATH),
    "isolated, and more": script(ISOLATED, flags=("-uIOX", "utf8")),
    "ignoring the environment": script(ISOLATED, flags=("-E",), environment=NO_PATH),
    "without the script's folder": script(WHO, flags=("-P",) if sys.version_info >= (3, 11) else ()),
    "without the user's site": script(WHO, flags=("-s",)),
    "flags": script(WHO, flags=("-X", "utf8", "-Wdefault", "-W", "ignore::UserWarning", "-u", "-O")),
    "PYTHONPATH": script(
        WHO + "\nimport os; print(os.environ['PYTHONPATH'], list(os.environ))",
        environment={"PYTHONPATH": "/a:/b", "LAST": "1"},
    ),
    "empty PYTHONPATH": script(WHO + "\nimport os; print(os.environ['PYTHONPATH'])", environment={"PYTHONPATH": ""}),
    "environment": script("import os; print({k: v for k, v in os.environ.items() if k != '_'})"),
    "a sitecustomize of one's own": Case(
        {"site/sitecustomize.py": "mine = 1", "script.py": "import sitecustomize; print(sitecustomize.mine)"},
        environment={"PYTHONPATH": "site"},
    ),
    "a sitecustomize that fails": Case(
        {"site/sitecustomize.py": "import sys\nif len(sys.orig_argv) < 3: 1 / 0", "script.py": "print(5)"},
        environment={"PYTHONPATH": "site"},
    ),
    "modules named like ours": Case({f"{name}.py": "mine = 1" for name in NAMES} | {"script.py": SHADOWS}),
    "a module called gpu_trace": Case(
        {"gpu_trace.py": "mine = 1", "script.py": "import gpu_trace; print(gpu_trace.mine)"}
    ),
    "a module called click": Case({"click.py": "mine = 1", "script.py": "import click; print(click.mine)"}),
    "chdir, then source": script("import inspect, os, sys\ndef f(): pass\nos.chdir('/')\nprint(inspect.getsource(f))"),
    "pickle of __main__": script("import pickle\nclass A: pass\nprint(type(pickle.loads(pickle.dumps(A()))) is A)"),
    "spawn pool": script(POOL.format(method="spawn")),
    "forkserver pool": script(POOL.format(method="forkserver")),
    "fork pool": script(POOL.format(method="fork")),
    "module": Case(PACKAGE, command=("-m", "pkg.mod", "--x", "-m")),
    "package": Case(PACKAGE, command=("-m", "pkg", "-o")),
    "module with spawn": Case({"pkg/m.py": POOL.format(method="spawn")}, command=("-m", "pkg.m")),
    "no such module": Case({}, command=("-m", "no.such")),
    "a folder": Case({"app/__main__.py": WHO}, command=("app", "1")),
    "a folder without __main__": Case({"app/x.py": ""}, command=("app",)),
    "no such file": Case({}, command=("missing.py", "x")),
    "script from stdin": Case({}, command=("-", "a"), stdin=WHO),
    "a prompt afterwards": script("x = 5", flags=("-i",), stdin="print(x + 1)\n"),
    "a prompt after an exit": script("import sys; x = 5; sys.exit(7)", flags=("-i",), stdin="print(x + 1)\n"),
    "a prompt asked for by the environment": script("x = 5", stdin="print(x)\n", environment={"PYTHONINSPECT": "1"}),
    "stdin": script("import sys; print(sys.stdin.read().upper(), input.__module__)", stdin="lines\nof text"),
    "exit 7": script("import sys; sys.exit(7)"),
    "exit with words": script("exit('bye')"),
    "exit None": script("raise SystemExit"),
    "exit 256": script("raise SystemExit(256)"),
    "exception": script("def f():\n    raise ValueError('é')\nf()"),
    "chained exceptions": script(CHAIN),
    "syntax error": script("x = (\n"),
    "failing import": Case({"script.py": "import broken", "broken.py": "1 / 0"}),
    "excepthook": script("import sys\nsys.excepthook = lambda *a: print('hook', a[0], a[2].tb_next)\n1 / 0"),
    "excepthook that fails": script("import sys\nsys.excepthook = lambda *a: 1 / 0\nraise KeyError(1)"),
    "unraisable": script("class A:\n    def __del__(self): 1 / 0\nA()"),
    "os._exit": script("import os; os._exit(5)"),
    "killed": script("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"),
    "aborted": script("import os; os.abort()"),
    "Ctrl-C": script("import time; print('up', flush=True); time.sleep(50)", send=signal.SIGINT),
    "Ctrl-C handled": script(
        "import time\ntry: print('up', flush=True); time.sleep(50)\nexcept KeyboardInterrupt: print('caught')",
        send=signal.SIGINT,
    ),
    "SIGTERM": script("import time; print('up', flush=True); time.sleep(50)", send=signal.SIGTERM),
    "SIGTERM handled": script(
        "import signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *a: sys.exit(9))\n"
        "print('up', flush=True); time.sleep(50)",
        send=signal.SIGTERM,
    ),
    "SIGHUP": script("import time; print('up', flush=True); time.sleep(50)", send=signal.SIGHUP),
    "signal mask": script(
        "import signal\nprint(signal.pthread_sigmask(0, []), [signal.getsignal(n) for n in range(1, 32)])"
    ),
    "fork then exit": script(FORK.format(end="sys.exit(3)")),
    "fork then raise": script(FORK.format(end="raise ValueError(1)")),
    "fork then os._exit": script(FORK.format(end="os._exit(4)")),
    "atexit order": script(
        "import atexit\natexit.register(print, 'first')\natexit.register(print, 'second')\nprint('body')"
    ),
    "atexit that fails": script("import atexit\natexit.register(lambda: 1 / 0)"),
    "thread that outlives main": script(
        "import threading, time\ndef f():\n    time.sleep(0.2); print('late')\nthreading.Thread(target=f).start()"
    ),
    "exception in a thread": script("import threading\nthreading.Thread(target=lambda: 1 / 0).start()"),
    "subprocess": script(
        "import subprocess, sys\nif len(sys.argv) < 2: print(subprocess.run([sys.executable, sys.argv[0], 'x'],"
        " capture_output=True))\nelse: print('child', sys.argv)"
    ),
    "exec": script(
        "import os, sys\nif len(sys.argv) < 2:\n    os.execv(sys.executable, [sys.executable, sys.argv[0], 'x'])\n"
        "print('again', sys.argv)"
    ),
    "exec that fails": script("import os\ntry: os.execv('/no/such', ['x'])\nexcept OSError as error: print(error)"),
    "what leaves is called as ever": script(
        "import os\n"
        "for f in (os._exit, os.execv, os.execve): print(f.__name__, f.__qualname__, f.__module__, f.__doc__)"
    ),
    "os._exit by keyword": script("import os; os._exit(status=5)"),
    "os._exit of nothing": script("import os\ntry: os._exit()\nexcept TypeError as error: print(error)"),
    "execve by keyword": script("import os; os.execve(path='/bin/echo', argv=['echo', 'x'], env={})"),
    "no flags of ours": script("import __future__\nprint(compile('0', '', 'eval').co_flags, 3 / 2)"),
    "latin-1": Case({"script.py": "# -*- coding: latin-1 -*-\nprint(len('\xe9'))".encode("latin-1")}),
    "recursion limit": script(RECURSION),
    "asyncio": script("import asyncio\nasync def f(): return 5\nprint(asyncio.run(f()))"),
    "warning at top level": script("from warnings import warn\nwarn('w', stacklevel=1)\nwarn('v', stacklevel=2)"),
    "loaded modules": script(LOADED),
    "open descriptors": script("import os\nprint(sorted(os.listdir('/proc/self/fd')))"),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_native_and_traced_are_alike(case, tmp_path):
    native, traced = run_both(case, tmp_path)
    assert traced == native
    assert left_behind(tmp_path / "traced") == left_behind(tmp_path / "alone")


def left_behind(folder):
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_through_a_symlink(tmp_path):
    write_files(Case({"real/script.py": WHO, "real/other.py": ""}), tmp_path)
    (tmp_path / "link.py").symlink_to("real/script.py")
    case = Case({}, command=("link.py",))
    assert run_traced(case, tmp_path, tmp_path / "run") == run_natively(case, tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root can read everything")
def test_unreadable(tmp_path):
    (tmp_path / "script.py").touch(mode=0)
    case = Case({})
    assert run_traced(case, tmp_path, tmp_path / "run") == run_natively(case, tmp_path)


OLD_TORCH = {
    "script.py": "import torch, torch.cuda.nvtx as nvtx; print(sorted(vars(torch)), sorted(vars(nvtx)))",
    "torch/__init__.py": "__version__ = '2.5.1+cu124'",
    "torch/autograd/__init__.py": "",
    "torch/cuda/__init__.py": "",
    "torch/cuda/nvtx.py": "",
}


def test_a_torch_that_is_too_old_is_left_alone(tmp_path):
    native, traced = run_both(Case(OLD_TORCH), tmp_path)
    assert native == traced
    assert facts(tmp_path / "run")["versions"]["torch"] == "2.5.1+cu124"
    assert {path.name for path in (tmp_path / "run").iterdir()} == {"run.json"}


def test_the_run_folder_says_how_a_script_without_torch_ended(tmp_path):
    case = script("import os; os._exit(5)")
    write_files(case, tmp_path)
    assert run_traced(case, tmp_path, tmp_path / "run") == Outcome("", "", 5)
    assert facts(tmp_path / "run")["ending"] == {"exit_code": 5, "text": "ended by os._exit with exit code 5"}
    assert {path.name for path in (tmp_path / "run").iterdir()} == {"run.json"}
