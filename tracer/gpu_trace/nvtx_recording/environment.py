"""Where the injection library is, and what a process needs in its environment so that NVTX loads it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..boot.contract import INJECTION_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Mapping


_OWN = ("gpu_trace", "nvtx_recording", "_injection.so")


def injection_library() -> Path | None:
    """The built library; None where it was installed without a C compiler."""
    path = Path(__file__).with_name(_OWN[-1])
    return path if path.exists() else None


def injection(native: Mapping[str, str]) -> tuple[Path | None, str]:
    """The library to inject into a process that would natively have this environment, and what to tell the user.

    The injection of another tool (nsys, ncu) is left alone. libcupti's own is not: it would take CUPTI, of which there
    is one only, away from torch's profiler. gpu-trace's own is there where a parent has recorded a block.
    """
    library, others = injection_library(), native.get(INJECTION_VARIABLE, "")
    if Path(others).parts[-len(_OWN) :] == _OWN:
        return library, ""
    if "cupti" in Path(others).name:
        return (
            library,
            f"gpu-trace replaces {INJECTION_VARIABLE}={others}, which would stop torch's profiler",
        )
    if others:
        setting = f"{INJECTION_VARIABLE}={others}"
        return (
            None,
            f"another tool's injection library is set ({setting}), so NVTX ranges are not recorded; unset it",
        )
    return library, ""
