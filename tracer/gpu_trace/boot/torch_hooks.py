"""What is done once the script has imported torch: start at the right moment, and give way to the script's profiler."""

from __future__ import annotations

import os
import sys

from . import captures, nvtx_hooks, process_groups, signals
from .bounds import Bounds
from .contract import CUDA, TORCH, execution_trace_file, is_too_old
from .scripts_profiler import ScriptsProfiler
from .session import Calls

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .contract import Settings
    from .fork_warning import OurThreads
    from .notes import Notes
    from .recorder import Recorder


def install(recorder: Recorder, settings: Settings, notes: Notes, threads: OurThreads) -> None:
    """Watch torch, and start to record: at the first use of CUDA where there is a GPU, else now.

    A torch that is too old to be recorded is left alone.
    """
    torch = sys.modules["torch"]
    notes.write(TORCH, torch.__version__)
    if is_too_old(torch.__version__):
        return
    notes.write(CUDA, version_of_gpu_library(torch))
    profiler = sys.modules["torch.autograd.profiler"]
    recorder.use(Calls(profiler))
    if settings.dependencies:
        recorder.execution_trace.add(f"{settings.raw}/{execution_trace_file(os.getpid())}")
    ScriptsProfiler(recorder)
    signals.save_before_dying(recorder, notes, threads)
    captures.watch(torch.cuda.CUDAGraph)
    process_groups.watch(recorder.note_rank)
    bounds = Bounds(settings, recorder, notes, threads)
    if settings.has_gpu and version_of_gpu_library(torch):
        # Earlier would be too early: a profiler merely prepared before CUDA is initialized breaks CUDA in forked
        # children, and the script may still choose its devices. Every kernel after this moment is recorded.
        torch.cuda._lazy_call(bounds.begin)
    else:
        bounds.begin()
    nvtx_hooks.stand_in_for_torch(settings.injection, settings.raw)


def version_of_gpu_library(torch: Any) -> str:
    """What torch was built with; empty for a build without GPUs."""
    return torch.version.cuda or getattr(torch.version, "hip", None) or ""
