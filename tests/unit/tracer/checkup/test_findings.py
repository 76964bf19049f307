from __future__ import annotations

from dataclasses import replace

import pytest

from gpu_trace.checkup.examine import Machine
from gpu_trace.checkup.findings import State, findings
from gpu_trace.recording.stacks import FORBIDDEN, NOT_BUILT, UNKNOWN

TORCH = {"torch": "2.13.0", "cuda": "13.0", "gpus": ["NVIDIA H200"], "error": ""}
HEALTHY = Machine(
    "linux",
    (3, 12, 1),
    True,
    TORCH,
    recorded="gpu",
    kernels=20,
    operators=20,
    source="cupti",
    activities=True,
    injection=True,
    stacks=150,
)
NO_GPU = {**TORCH, "cuda": "", "gpus": []}


def states(machine: Machine) -> dict[str, State]:
    return {finding.subject: finding.state for finding in findings(machine)}


def test_a_healthy_machine():
    assert set(states(HEALTHY).values()) == {State.FINE}


@pytest.mark.parametrize(
    ("change", "subject", "state", "fix"),
    [
        ({"platform": "darwin"}, "system", State.BROKEN, "Linux"),
        ({"torch": {}, "said": "ModuleNotFoundError: No module named 'torch'"}, "torch", State.BROKEN, "has torch"),
        ({"torch": {**TORCH, "torch": "2.5.1+cu124"}}, "torch", State.BROKEN, "2.6"),
        ({"torch": NO_GPU}, "torch", State.LIMITED, "CUDA"),
        ({"torch": {**TORCH, "gpus": []}}, "GPU", State.BROKEN, "CUDA_VISIBLE_DEVICES"),
        ({"torch": {**TORCH, "error": "RuntimeError: no"}}, "GPU", State.BROKEN, "nvidia-smi"),
        ({"torch": NO_GPU, "has_gpu": False, "recorded": "cpu"}, "GPU", State.LIMITED, "CPU"),
        ({"kernels": 0}, "recording", State.BROKEN, "SYS_ADMIN"),
        ({"recorded": "", "kernels": 0}, "recording", State.BROKEN, "report"),
        ({"source": "kineto"}, "recording", State.LIMITED, "CUPTI"),
        ({"source": "kineto", "activities": False}, "recording", State.LIMITED, "compiler"),
        ({"injection": False}, "NVTX", State.LIMITED, "compiler"),
        ({"injection": False, "compiler": True}, "NVTX", State.LIMITED, "reinstall"),
        ({"stacks": 0, "lost": (f"Python stacks: {NOT_BUILT}",)}, "stacks", State.LIMITED, "compiler"),
        ({"stacks": 0, "lost": (f"Python stacks: {UNKNOWN}",)}, "stacks", State.LIMITED, "3.13"),
        ({"stacks": 0, "lost": ("other", f"Python stacks: {FORBIDDEN}")}, "stacks", State.LIMITED, "SYS_PTRACE"),
        ({"stacks": 0}, "stacks", State.LIMITED, "bug"),
        ({"environment": {"NVTX_INJECTION64_PATH": "/x.so"}}, "other tools", State.LIMITED, "unset"),
    ],
)
def test_what_is_wrong_is_found_with_its_fix(change, subject, state, fix):
    finding = next(finding for finding in findings(replace(HEALTHY, **change)) if finding.subject == subject)
    assert finding.state is state
    assert fix in finding.fix


def test_a_machine_without_a_gpu_is_not_broken():
    machine = replace(HEALTHY, torch=NO_GPU, has_gpu=False, recorded="cpu", kernels=0)
    assert State.BROKEN not in states(machine).values()
