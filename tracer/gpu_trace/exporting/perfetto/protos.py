"""Perfetto's protos, as the ``perfetto`` package has them: for the packets that are written once a trace.

They are loaded where a trace is exported, and nowhere else. They refuse a ``protobuf`` that is older than the one that
they were made with, and another package may have brought such a one.
"""

from gpu_trace_analyzers.errors import GpuTraceError

try:
    from perfetto.protos.perfetto.trace import perfetto_trace_pb2 as protos
except Exception as error:  # protobuf has an error of its own for versions that do not fit
    raise GpuTraceError(
        f"Perfetto's protos cannot be loaded ({error}); run pip install 'perfetto>=0.56' 'protobuf>=6.31.1'"
    ) from error

__all__ = ["protos"]
