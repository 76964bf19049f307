"""What the machine means for a user: one finding per subject, each with the fix for a part that does not work."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from ..boot.contract import is_too_old
from ..recording.stacks import FORBIDDEN, NOT_BUILT, UNKNOWN, reason_in

if TYPE_CHECKING:
    from .examine import Machine


_AS_A_BUG = "report this as a bug, with the output of gpu-trace doctor"


class State(Enum):
    """How a subject stands: as it should, with something missing, or in the way of recording at all."""

    FINE = "ok"
    LIMITED = "limited"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Finding:
    """``what`` was found, and a ``fix`` if there is one."""

    subject: str
    state: State
    what: str
    fix: str = ""


def findings(machine: Machine) -> list[Finding]:
    """All findings, in the order in which things build on each other."""
    if not machine.torch:
        return [_system(machine), _no_torch(machine)]
    if is_too_old(machine.torch["torch"]):
        return [_system(machine), _old_torch(machine)]
    return [
        _system(machine),
        _torch(machine),
        _gpu(machine),
        _recording(machine),
        _nvtx(machine),
        _stacks(machine),
        *_other_tools(machine),
    ]


def _system(machine: Machine) -> Finding:
    version = ".".join(map(str, machine.python))
    if machine.platform != "linux":
        return Finding(
            "system",
            State.BROKEN,
            f"{machine.platform}, Python {version}",
            "record on Linux; this machine can only read traces",
        )
    return Finding("system", State.FINE, f"Linux, Python {version}")


def _no_torch(machine: Machine) -> Finding:
    last = machine.said.splitlines()[-1] if machine.said else "torch could not be imported"
    return Finding(
        "torch", State.BROKEN, last, "install gpu-trace into the Python that has torch, or torch into this one"
    )


def _old_torch(machine: Machine) -> Finding:
    return Finding("torch", State.BROKEN, f"{machine.torch['torch']} is too old", "install torch 2.6 or later")


def _torch(machine: Machine) -> Finding:
    built = f"built for CUDA {machine.torch['cuda']}" if machine.torch["cuda"] else "built for CPU only"
    what = f"{machine.torch['torch']}, {built}"
    if machine.has_gpu and not machine.torch["cuda"]:
        return Finding("torch", State.LIMITED, what, "this machine has a GPU; install a CUDA build of torch")
    return Finding("torch", State.FINE, what)


def _gpu(machine: Machine) -> Finding:
    names = machine.torch["gpus"]
    if machine.torch["error"]:
        return Finding(
            "GPU", State.BROKEN, machine.torch["error"], "torch cannot use the GPU; check it with nvidia-smi"
        )
    if names:
        return Finding("GPU", State.FINE, f"{len(names)} x {names[0]}")
    if machine.has_gpu and machine.torch["cuda"]:
        fix = "compare the driver version of nvidia-smi with torch's CUDA version, and check CUDA_VISIBLE_DEVICES"
        return Finding("GPU", State.BROKEN, "there is a GPU, but CUDA does not see it", fix)
    return Finding("GPU", State.LIMITED, "no GPU that torch can use", "scripts run, and their CPU work is recorded")


def _recording(machine: Machine) -> Finding:
    if machine.recorded == "gpu" and machine.kernels:
        return _kernels(machine)
    if machine.recorded == "gpu":
        fix = (
            "stop other profilers of this GPU (nsys, ncu, DCGM), and allow profiling to users"
            " (NVreg_RestrictProfilingToAdminUsers=0) or in the container (--cap-add=SYS_ADMIN)"
        )
        return Finding("recording", State.BROKEN, "CUPTI recorded no kernel of a small script", fix)
    if machine.recorded == "cpu" and machine.operators:
        return Finding("recording", State.FINE, f"{machine.operators} operators of a small script were recorded")
    return Finding(
        "recording",
        State.BROKEN,
        "; ".join(machine.lost) or "no operator of a small script was recorded",
        _AS_A_BUG,
    )


def _kernels(machine: Machine) -> Finding:
    what = f"{machine.kernels} kernels of a small script were recorded"
    if machine.source == "cupti":
        return Finding("recording", State.FINE, what)
    slowly = f"{what} with torch.profiler; stopping takes seconds, and a killed script leaves no kernels"
    if machine.activities:
        return Finding(
            "recording", State.LIMITED, slowly, "the CUPTI recording library needs CUPTI from CUDA 11.8 to 13"
        )
    return Finding("recording", State.LIMITED, slowly, _to_build(machine))


def _to_build(machine: Machine) -> str:
    return "reinstall gpu-trace" if machine.compiler else "install a C compiler (gcc), then reinstall gpu-trace"


def _nvtx(machine: Machine) -> Finding:
    if machine.injection:
        return Finding("NVTX", State.FINE, "the ranges of all libraries are recorded")
    what = "only Python ranges are recorded; the NVTX injection library was not built"
    return Finding("NVTX", State.LIMITED, what, _to_build(machine))


def _stacks(machine: Machine) -> Finding:
    if machine.stacks:
        return Finding("stacks", State.FINE, "the Python stacks of a small script were sampled")
    reason = reason_in(machine.lost)
    fixes = {
        NOT_BUILT: "install a C compiler (gcc), then reinstall gpu-trace",
        UNKNOWN: "use CPython 3.10 to 3.13, not a free-threaded build",
        FORBIDDEN: (
            "allow a process to read the memory of those that it starts (kernel.yama.ptrace_scope at most 1),"
            " or in the container (--cap-add=SYS_PTRACE)"
        ),
    }
    what = f"no Python stacks are recorded: {reason.partition(';')[0]}" if reason else "no Python stack was sampled"
    return Finding("stacks", State.LIMITED, what, fixes.get(reason, _AS_A_BUG))


def _other_tools(machine: Machine) -> list[Finding]:
    fixes = {
        "CUDA_INJECTION64_PATH": "another profiler injects itself into CUDA and may take CUPTI; unset it",
        "NVTX_INJECTION64_PATH": "another tool's injection library is set, so NVTX ranges are not recorded; unset it",
        "NSYS_PROFILING_SESSION_ID": "this shell runs under nsys, which takes CUPTI; exit it",
        "KINETO_USE_DAEMON": "a daemon may start torch's profiler; unset it",
    }
    return [
        Finding("other tools", State.LIMITED, f"{name}={value}", fixes[name])
        for name, value in machine.environment.items()
    ]
