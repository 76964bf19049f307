"""The C libraries only. The rest is in setup.cfg, which cannot name any; nor can pyproject.toml alone."""

from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.bdist_wheel import bdist_wheel
from setuptools.command.build_ext import build_ext

STACKS = Path("tracer/gpu_trace/stack_sampling")
SCANNER = Path("analyzers/gpu_trace_analyzers/readers/chrome/compiled")


def library(name: str, *sources: str) -> Extension:
    """No extension module: a library that others load, called one so that setuptools builds it and puts it in place.

    Optional: where there is no C compiler the install succeeds, NVTX is recorded from Python, CUPTI by Kineto, garbage
    collections and Python stacks are not recorded, a signal that ends the process is seen when the main thread returns
    to Python, a recording is ended by the clock whatever the script does just then, and traces in JSON are read by
    Python alone.
    """
    return Extension(
        name,
        list(sources),
        depends=[str(header) for header in Path(sources[0]).parent.glob("*.h")],
        extra_compile_args=["-std=c11", "-O2", "-fvisibility=hidden", "-pthread"],
        extra_link_args=["-pthread", "-ldl"],
        optional=True,
    )


class BuildLibraries(build_ext):
    """Names each as what it is: it includes no header of Python, and every version loads it."""

    def get_ext_filename(self, fullname: str) -> str:
        """``package/_name.so``, without the tag of the Python that builds it."""
        return f"{fullname.replace('.', '/')}.so"


class WheelOfEveryPython(bdist_wheel):
    """One wheel for all versions of Python, because its libraries are."""

    def get_tag(self) -> tuple[str, str, str]:
        """Those of Python, of its C interface, and of the machine."""
        return "py3", "none", super().get_tag()[2]


setup(
    cmdclass={"build_ext": BuildLibraries, "bdist_wheel": WheelOfEveryPython},
    ext_modules=[
        library("gpu_trace.boot._garbage", "tracer/gpu_trace/boot/garbage.c"),
        library("gpu_trace.boot._safepoint", "tracer/gpu_trace/boot/safepoint.c"),
        library("gpu_trace.boot._signals", "tracer/gpu_trace/boot/signals.c"),
        library("gpu_trace.nvtx_recording._injection", "tracer/gpu_trace/nvtx_recording/injection.c"),
        library("gpu_trace.cupti_recording._activities", "tracer/gpu_trace/cupti_recording/activities.c"),
        library("gpu_trace.stack_sampling._sampler", *map(str, sorted(STACKS.glob("*.c")))),
        library("gpu_trace_analyzers.readers.chrome.compiled._scanner", *map(str, sorted(SCANNER.glob("*.c")))),
    ],
)
