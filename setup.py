"""The C libraries only. The rest is in setup.cfg, which cannot name any; nor can pyproject.toml alone."""

from pathlib import Path
from sysconfig import get_path

from setuptools import Extension, setup

STACKS = "tracer/gpu_trace/stack_sampling"
HEADERS = Path(get_path("include"))


def library(name: str, *sources: str, include: tuple[str, ...] = ()) -> Extension:
    """No extension module: a library that others load, called one so that setuptools builds it and puts it in place.

    Optional: where there is no C compiler the install succeeds, NVTX is recorded from Python, CUPTI by Kineto, garbage
    collections and Python stacks are not recorded, and a signal that ends the process is seen when the main thread
    returns to Python.
    """
    return Extension(
        name,
        list(sources),
        depends=[str(header) for header in Path(STACKS).glob("*.h")] if include else [],
        include_dirs=list(include),
        extra_compile_args=["-std=c11", "-O2", "-fvisibility=hidden", "-pthread"],
        extra_link_args=["-pthread", "-ldl"],
        optional=True,
    )


setup(
    ext_modules=[
        library("gpu_trace.boot._garbage", "tracer/gpu_trace/boot/garbage.c"),
        library("gpu_trace.boot._signals", "tracer/gpu_trace/boot/signals.c"),
        library("gpu_trace.nvtx_recording._injection", "tracer/gpu_trace/nvtx_recording/injection.c"),
        library("gpu_trace.cupti_recording._activities", "tracer/gpu_trace/cupti_recording/activities.c"),
        library(
            "gpu_trace.stack_sampling._sampler",
            *(f"{STACKS}/{name}.c" for name in ("children", "interpreter", "process", "sampler", "stacks")),
            include=(str(HEADERS / "internal"), str(HEADERS / "internal" / "mimalloc")),
        ),
    ]
)
