"""Feeds mutated traces to the readers: whatever the bytes, `load` gives a sound trace or one clear error.

    pip install atheris
    python tests/fuzz/fuzz_readers.py -max_total_time=600 corpus/

Without a corpus it begins with the small traces of the tests, whole and gzipped, and a piece of a recorded one.
"""

from __future__ import annotations

import gzip
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["gpu_trace_analyzers"]):
    from gpu_trace_analyzers.analysis import Analysis
    from gpu_trace_analyzers.errors import GpuTraceError
    from gpu_trace_analyzers.readers import (  # noqa: F401  # those that are imported late are instrumented here
        chrome_json,
        load,
        mxnet,
        pftrace,
        unsupported,
        xla,
    )
    from gpu_trace_analyzers.readers.nsys import rows  # noqa: F401

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))
_FILE = Path(tempfile.mkdtemp(prefix="fuzz-")) / "input"


def test_one_input(data: bytes) -> None:
    """One file."""
    _FILE.write_bytes(data)
    try:
        trace = load(_FILE, operators=True)
    except GpuTraceError:
        return
    trace.check()


def write_seeds(folder: Path) -> None:
    """What the mutations begin with."""
    from small_traces import JSON, NSYS_OLD, NSYS_TABLES, write_nsys

    for name, text in JSON.items():
        (folder / f"{name}.json").write_text(text, encoding="utf-8")
        (folder / f"{name}.json.gz").write_bytes(gzip.compress(text.encode()))
    write_nsys(folder / "new.sqlite", NSYS_TABLES)
    write_nsys(folder / "old.sqlite", NSYS_OLD)
    (folder / "cuda.pftrace").write_bytes(pftrace_seed(folder / "cuda.json"))
    recorded = gzip.decompress((ROOT / "samples/traces/two_streams.json.gz").read_bytes())
    (folder / "recorded.json").write_bytes(recorded[:4000])
    for name, size in {"first": 7000, "more": 14000}.items():
        begin = recorded.index(b'"traceEvents": [') + 16
        end = recorded.rindex(b"\n  },", 0, begin + size) + 4
        text = recorded[:end] + b"\n  ]}"
        (folder / f"{name}.json").write_bytes(text)
        (folder / f"{name}.json.gz").write_bytes(gzip.compress(text))


def pftrace_seed(path: Path) -> bytes:
    """A small trace in Perfetto's format."""
    sys.path.insert(0, str(ROOT / "tracer"))
    from gpu_trace.exporting.perfetto.export import perfetto_packets

    return b"".join(perfetto_packets(Analysis(load(path)), []))


def main() -> None:
    """Run libFuzzer with its own arguments."""
    arguments = list(sys.argv)
    if all(argument.startswith("-") for argument in arguments[1:]):
        seeds = Path(tempfile.mkdtemp(prefix="fuzz-seeds-"))
        write_seeds(seeds)
        arguments.append(str(seeds))
    atheris.Setup(arguments, test_one_input)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
