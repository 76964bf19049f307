"""What the parent and the recorded process agree on: settings in the environment, keys of notes, names of files.

The parent imports this file as ``gpu_trace.boot.contract``, the recorded process as ``_gpu_trace_boot.contract``. Each
name stands here once, with its meaning and type. The C sources cannot import it; a test holds their names against it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

# ---- settings: from the parent to the recorded process ----

PREFIX = "GPU_TRACE_"
"""of all variables that gpu-trace puts into the environment; the recorded process takes them out again"""
NATIVE = f"{PREFIX}NATIVE_"
"""before the name of a variable that the user has, and that must not act while the recorded Python starts"""
INJECTION_VARIABLE = "NVTX_INJECTION64_PATH"
"""NVTX's own: the library that NVTX loads"""
NVTX_FOLDER = f"{PREFIX}NVTX_DIR"
"""where the injection library writes"""
NVTX_BYTES = f"{PREFIX}NVTX_BYTES"
"""how much it writes at most, as a decimal number of bytes; 512 MiB where it is not set, which only tests do"""


class Settings:
    """What the parent wants of the recorded process. Each field is a variable: ``raw`` is ``GPU_TRACE_RAW``."""

    def __init__(
        self,
        *,
        raw: str,
        level: str,
        dependencies: bool,
        has_gpu: bool,
        injection: str,
        hooks_nvtx: bool,
        activities: str,
        follow: bool,
        is_child: bool,
        only_ranks: bool,
        steps: tuple[int, int] | None,
        step_range: str,
        range_name: str,
        after_s: float,
        duration_s: float,
        events: int,
    ) -> None:
        self.raw = raw
        """the folder for all files that the process writes, which are named below"""
        self.level = level
        """``gpu``, ``ops`` or ``full``"""
        self.dependencies = dependencies
        """whether PyTorch's execution trace is recorded beside the operators"""
        self.has_gpu = has_gpu
        """whether the machine has a GPU that CUDA (or HIP) could use"""
        self.injection = injection
        """the NVTX injection library; empty where another tool's is set, or none was built"""
        self.hooks_nvtx = hooks_nvtx
        """whether Python hooks record NVTX, because no injection library was built"""
        self.activities = activities
        """the CUPTI recording library; empty where none was built"""
        self.follow = follow
        """whether the processes that this one starts are recorded too"""
        self.is_child = is_child
        """whether a recorded process started this one, and not the parent"""
        self.only_ranks = only_ranks
        """whether this process is recorded only as a worker of a distributed job, not as its launcher"""
        self.steps = steps
        """the first step to record and the one after the last: optimizer steps, or ranges called ``step_range``"""
        self.step_range = step_range
        """the NVTX range that ``steps`` counts; empty for optimizer steps"""
        self.range_name = range_name
        """the NVTX range outside which nothing is recorded; empty for none"""
        self.after_s = after_s
        """seconds from the first moment that could be recorded to the first that is"""
        self.duration_s = duration_s
        """seconds to record; 0 for no limit"""
        self.events = events
        """about how many events may be recorded"""

    def variables(self) -> dict[str, str]:
        """The settings as environment variables."""
        return {_variable(field): _as_text(value) for field, value in vars(self).items()}

    def of_children(self) -> Settings:
        """The settings of the processes that this one starts."""
        return Settings(**{**vars(self), "is_child": True})

    @staticmethod
    def of(environ: Mapping[str, str]) -> Settings:
        """The settings that the variables hold. Raises KeyError or ValueError for what `variables` did not write."""
        fields = Settings.__init__.__annotations__
        return Settings(
            **{field: _READ[kind](environ[_variable(field)]) for field, kind in fields.items() if kind in _READ}
        )


def raw_variable() -> str:
    """The variable by which an environment is known to be one of gpu-trace."""
    return _variable("raw")


def injection_variable() -> str:
    """The variable with gpu-trace's injection library."""
    return _variable("injection")


def _variable(field: str) -> str:
    return PREFIX + field.upper()


def _as_text(value: object) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, tuple):
        return ":".join(map(str, value))
    return "" if value is None else str(value)


def _pair(text: str) -> tuple[int, int] | None:
    first, _, last = text.partition(":")
    return (int(first), int(last)) if last else None


_READ: dict[str, Callable[[str], Any]] = {
    "str": str,
    "bool": "1".__eq__,
    "int": int,
    "float": float,
    "tuple[int, int] | None": _pair,
}
"""By the annotation of a field."""

# ---- notes: facts from the recorded process to the parent ----


class Text:
    """A key of notes whose value is text of one line."""

    def __init__(self, name: str) -> None:
        self.name = name


class Number:
    """A key of notes whose value is an integer."""

    def __init__(self, name: str) -> None:
        self.name = name


class Numbers:
    """A key of notes whose value is several integers."""

    def __init__(self, name: str, *fields: str) -> None:
        self.name = name
        self.fields = fields


PYTHON, TORCH = Text("python"), Text("torch")
"""their versions; torch's, once it is imported"""
CUDA = Text("cuda")
"""the version of CUDA, or of HIP, that torch was built with; empty for a build without GPUs"""
OLDEST_TORCH = (2, 6)
"""that is recorded; an older one is left alone"""


def is_too_old(torch: str) -> bool:
    """Whether this version of torch is not recorded; one without two numbers is taken for new."""
    return _is_before(torch, OLDEST_TORCH)


OLDEST_EXECUTION_TRACE = (2, 8)
EXECUTION_TRACE_TOO_OLD = "execution traces of PyTorch before 2.8 were never compared with a recording"


def has_known_execution_trace(torch: str) -> bool:
    """Whether dependencies are read from the execution trace of this version of torch."""
    return not _is_before(torch, OLDEST_EXECUTION_TRACE)


def _is_before(torch: str, version: tuple[int, int]) -> bool:
    numbers = torch.split(".")[:2]
    return all(number.isdecimal() for number in numbers) and tuple(map(int, numbers)) < version


DEVICES = Text("devices")
"""the GPUs of the process in JSON, as Kineto describes them"""
RECORDING = Text("recording")
"""`GPU` or `CPU`: what the session that begins records"""
GPU, CPU = "gpu", "cpu"
SOURCE = Text("source")
"""`CUPTI` or `KINETO`: whether GPU rows are written by the CUPTI recording library or by torch's profiler"""
CUPTI, KINETO = "cupti", "kineto"
REFUSED = Text("refused")
"""why the CUPTI recording library cannot be used, in words"""
STREAM_WAITS = Number("stream_waits")
"""1 where CUPTI reports CUDA events to torch's profiler, by which a wait names its stream; else 0"""
STARTS = Number("starts")
"""a session is about to begin; ns since 1970, as all times"""
RECORDED_FROM, RECORDED_TO = Numbers("recorded_from", "session", "at_ns"), Numbers("recorded_to", "session", "at_ns")
"""when the session of this number was under way, and when it was about to be stopped"""
STOPPING = Number("stopping")
"""when the stopping of a session began; it may take long"""
UNSYNCHRONIZED = Number("unsynchronized")
"""for how many ms a session that was to stop waited for the GPUs in vain; 0 where it had no thread to wait with"""
THREAD = Text("thread")
"""``TID LOW HIGH NAME`` of a thread that lives as a session stops; its ``pthread_t`` is at least LOW, at most HIGH"""
DROPPED = Number("dropped")
"""how many records the CUPTI recording library found no room for"""
STOPPED = Numbers("stopped", "began_ns", "stopped_ns", "saved_ns")
"""a session was saved: when its stopping began, when that was done, and when it was saved"""
RENEWED = Number("renewed")
"""for how many ns nothing was recorded because one session was saved before the next began"""
BOUNDED = Text("bounded")
"""what ended the recording before the script ended"""
GAVE_WAY, CAME_BACK = Number("gave_way"), Number("came_back")
"""from when to when the script's own profiler kept the recording from what it was to record"""
OPERATOR_COST, CALL_COST = Number("operator_cost"), Number("call_cost")
"""how many ns recording with dependencies added to an operator, and to a call of CUDA"""
UNRECORDED = Numbers("unrecorded", "steps", "took_ns")
"""so many steps behind those that were recorded, and how long they took, from idle devices to idle devices"""
STARTED = Number("started")
"""how many processes the script started by ``multiprocessing``"""
RANK, WORLD_SIZE = Number("rank"), Number("world_size")
"""the place of the process in a distributed job, and the number of places"""
BACKEND = Text("backend")
"""of the process group that it joined"""
GROUPS = Text("groups")
"""the process groups that it is in, in JSON, as torch.profiler describes them"""
PROCESS = Text("process")
"""what a started process is called: by multiprocessing, or by its command line"""
FORKED = Number("forked")
"""a process that was forked while a session was under way, in which there can be none"""
BECAME_ANOTHER = Number("became_another")
"""such a process became another program, by ``exec``"""
LEFT = Text("left")
"""the function of `os` by which the script leaves; empty where the function failed"""
EXCEPTION = Text("exception")
"""the type of the exception that ended the script"""
FAILED = Text("failed")
"""a part of the recording that did not work, and why, in a sentence for the user; these two begin with a session's"""
NOT_STARTED = "torch's profiler did not start"
NOT_SAVED = "torch's profiler did not save its trace"

# ---- files in the folder ``raw`` ----

RESERVED_NOTES = "notes"
"""an empty file with room on the disk, which the first process takes as its notes"""


def notes_file(pid: int) -> str:
    """The notes of a process."""
    return f"notes-{pid}"


def session_file(source: str, pid: int, session: int | str = "") -> str:
    """The stem of what a session of a process left: ``.json`` by `KINETO`, and by `CUPTI` `RECORDS` and `NAMES`.

    Without ``session``, how the names of all the process's sessions begin.
    """
    return f"{source}-{pid}-{session}"


RECORDS, NAMES = ".records", ".names"


def nvtx_file(pid: int | str, program: int | str) -> str:
    """The stem of the NVTX events of a process: `EVENTS` and `TEXTS`.

    ``program`` counts what the process became by ``exec``, or is ``python`` for the Python hooks.
    """
    return f"nvtx-{pid}-{program}"


EVENTS, TEXTS = ".events", ".texts"


def garbage_file(pid: int) -> str:
    """The long garbage collections of a process: a `COLLECTION` for each."""
    return f"garbage-{pid}"


COLLECTION = "<qqq"
"""start and end, in ns since 1970, and the id of the thread; as `struct` spells it"""


def execution_trace_file(pid: int) -> str:
    """The execution trace of a process as PyTorch writes it, of all sessions, without its end."""
    return f"executed-{pid}"


OWN_NODE = "[gpu-trace]"
"""how the names of nodes begin that recording adds to it; at a session's end the monotonic clock follows, in ms"""
CALIBRATION = f"{OWN_NODE} calibration"
"""the node behind which nothing is the script's"""


def process_of(file: str) -> int | None:
    """Which process left a file of this name; None for one that no process left."""
    pid = file.split("-")[1] if "-" in file else ""
    return int(pid) if pid.isdecimal() else None


def session_of(file: str) -> int:
    """Which session left a file of this name, which `session_file` begins."""
    return int(file.split("-")[2].split(".")[0])
