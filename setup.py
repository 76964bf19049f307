"""The C library only. The rest is in setup.cfg, which cannot name one; nor can pyproject.toml without all the rest."""

from setuptools import Extension, setup

setup(
    ext_modules=[
        # No extension module: a library that NVTX loads, called one so that setuptools builds it and puts it in place.
        # Optional: where there is no C compiler the install succeeds, and NVTX is recorded from Python.
        Extension(
            "gpu_trace.nvtx_recording._injection",
            ["tracer/gpu_trace/nvtx_recording/injection.c"],
            extra_compile_args=["-std=c11", "-O2", "-fvisibility=hidden", "-pthread"],
            extra_link_args=["-pthread"],
            optional=True,
        )
    ]
)
