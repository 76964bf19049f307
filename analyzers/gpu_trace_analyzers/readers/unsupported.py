"""Files that are recognized and not read: what to do instead."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import FormatUnsupported, TraceUnreadable
from .pftrace.wire import OURS

if TYPE_CHECKING:
    from collections.abc import Callable

    from .base.tracefile import TraceFile


@dataclass(frozen=True, slots=True)
class _Known:
    """What a file is, how one tells, and what to do with it."""

    recognizes: Callable[[TraceFile], bool]
    what: str
    next_step: str


def _named(*endings: str) -> Callable[[TraceFile], bool]:
    return lambda file: file.path.name.lower().endswith(endings)


def _holds(*texts: bytes) -> Callable[[TraceFile], bool]:
    return lambda file: any(text in file.head for text in texts) and not _is_kineto(file)


def _is_kineto(file: TraceFile) -> bool:
    """A trace of torch.profiler, whose ranges may have any name."""
    from .kineto import recognizes  # seldom needed

    return recognizes(file)


def _is_xplane(file: TraceFile) -> bool:
    """An XSpace: planes named for hosts and devices, in protobuf."""
    planes = (b"/host:CPU", b"/device:GPU:", b"/host:metadata", b"/device:TPU:")
    if file.head.startswith(OURS) or file.head.lstrip()[:1] in (b"{", b"["):
        return False
    return file.path.name.endswith(".xplane.pb") or (
        file.head[:1] == b"\n" and any(name in file.head for name in planes)
    )


_RECORD_ROCM = "record with torch.profiler or gpu-trace run, which see the same device activity"

_KNOWN = (
    _Known(
        _named(".nsys-rep", ".qdrep"),
        "is a report of Nsight Systems, whose format is not public",
        "export it with: nsys export --type sqlite FILE",
    ),
    _Known(_named(".qdstrm"), "is a raw stream of Nsight Systems", "import it with QdstrmImporter, then: nsys export"),
    _Known(_named(".ncu-rep"), "is a report of Nsight Compute, which has no timeline", "record one with gpu-trace run"),
    _Known(
        _is_xplane,
        "is an XPlane protobuf of XLA's profiler",
        "give the *.trace.json.gz in the same folder",
    ),
    _Known(
        _holds(b'"rocprofiler-sdk-tool"', b'"rocprofiler-sdk-json-tool"'),
        "is rocprofiler's own JSON",
        _RECORD_ROCM,
    ),
    _Known(
        _holds(b"CPU HIP API", b"GPU0 COPY", b'"roctx'),
        "is a trace of rocprof",
        _RECORD_ROCM,
    ),
    _Known(
        lambda file: file.raw_head.startswith(b"SQLite format 3\0") and b"rocpd_" in file.raw_head,
        "is a rocpd database of ROCm's profilers",
        _RECORD_ROCM,
    ),
    _Known(
        _holds(b'"schema": "gpu-trace.', b'"schema":"gpu-trace.'),
        "is a document that gpu-trace wrote about a trace",
        "give the trace itself, or the run folder",
    ),
    _Known(
        lambda file: file.raw_head[:4] == b"PAR1",
        "is one Parquet file",
        "give the folder of columns that it is in, if gpu-trace wrote it",
    ),
    _Known(
        lambda file: file.head[:200].lstrip().lower().startswith((b"<!doctype html", b"<html")),
        "is a web page, not a trace",
        "give the trace itself; the URL of a folder ends with /",
    ),
    _Known(
        lambda file: file.raw_head[:2] == b"PK",
        "is a zip archive",
        "unpack it and give the trace inside",
    ),
    _Known(
        lambda file: file.raw_head[:4] == b"\x28\xb5\x2f\xfd",
        "is compressed with zstd",
        "unpack it first: zstd -d FILE",
    ),
)


def refuse(file: TraceFile) -> TraceUnreadable:
    """The error for a file that no reader recognizes, as helpful as can be."""
    for known in _KNOWN:
        if known.recognizes(file):
            return FormatUnsupported(file.path, known.what, known.next_step)
    if not file.raw_head:
        return TraceUnreadable(file.path, "is empty", "the process that wrote it may have been killed; record it again")
    next_step = "give a trace.json(.gz) of torch.profiler, an SQLite export of nsys, or a run folder"
    return TraceUnreadable(file.path, "is not a trace in a supported format", next_step)


def is_unsupported(file: TraceFile) -> bool:
    """Whether the file is one of those: asked before the readers, some of whom take any Chrome JSON."""
    return any(known.recognizes(file) for known in _KNOWN)
