from __future__ import annotations

import builtins
import json
import shutil
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gpu_trace_analyzers.columnar.digests import digest
from gpu_trace_analyzers.columnar.part import STRINGS, digest_of, file_of, read_part, write_part
from gpu_trace_analyzers.columnar.version import VERSION
from gpu_trace_analyzers.errors import FormatUnsupported, TraceUnreadable, UsageError
from gpu_trace_analyzers.model import (
    MISSING,
    Device,
    Doubt,
    Frames,
    Process,
    Quarantined,
    RecordedDependencies,
    Role,
    Source,
    ThreadState,
    Trace,
)
from gpu_trace_analyzers.ranked import with_rank
from literal import literal

_LARGEST = np.iinfo(np.int64).max
_LATEST = 2**62
"""Times whose differences fit into 64 bits."""
_SOURCE = Source(
    "run/rank3.json",
    "kineto",
    events=2**70,
    dropped={"flow arrows": 3, "µ": 1},
    expected=frozenset({"flow arrows"}),
    damage=("the file is cut off",),
    quarantined=(Quarantined("k", "negative duration", 5, -3, 2),),
    doubts=(Doubt(1, "begins before its launch", 4),),
    metadata={"torch": "2.6"},
    dependencies=(RecordedDependencies(7, 1, 2, 3, MISSING),),
)
_DEVICES = (
    Device("gpu", 0, "NVIDIA H200", 3, "process 7", "GPU-1", (9, 0), 132, 150_000_000_000),
    Device("cpu", _LARGEST),
)
_PROCESSES = (Process(7, "python", 3, 8, {5: "main / \n", -1: ""}), Process(-2))
_BOUNDS = {Role.TEXT: 3, Role.DEVICE: len(_DEVICES), Role.PROCESS: len(_PROCESSES), Role.FRAME: 2}


@pytest.fixture
def part(tmp_path):
    """A part with a table, and its trace."""
    trace = literal("k 0-10 @1; h2d 12-20 @11; call cudaDeviceSynchronize 11-30; range step 0-30; sample 3-4 f@a.py:1")
    write_part(trace, tmp_path / "rank=3")
    return tmp_path / "rank=3", trace


def _values(table, name, dtype):
    """Whatever a column may have: any integer, except where the trace's own rules allow fewer."""
    role = next((role for role in Role if name in table.columns_of(role)), None)
    if name == "state":
        return st.sampled_from([int(state) for state in ThreadState])
    low = 0 if name == "engine" or (name == "device" and table.__name__ == "DeviceWork") else MISSING
    if role:
        return st.integers(low, _BOUNDS[role] - 1)
    return st.integers(low if name == "engine" else int(np.iinfo(dtype).min), int(np.iinfo(dtype).max))


@st.composite
def _rows(draw, table):
    times = sorted(draw(st.lists(st.integers(-_LATEST, _LATEST), max_size=5)))
    columns = {
        name: [draw(_values(table, name, dtype)) for _ in times]
        for name, dtype in table.columns().items()
        if not name.endswith("_ns")
    }
    return table.of({"start_ns": times, "end_ns": [draw(st.integers(time, _LATEST)) for time in times], **columns})


@st.composite
def _traces(draw):
    """Every table with any values."""
    return Trace(
        source=_SOURCE,
        strings=("", draw(st.text(st.characters(exclude_categories=["Cs"]), min_size=1)), "\0" * 3),
        devices=_DEVICES,
        processes=_PROCESSES,
        stack_frames=Frames.of(
            {"caller": [MISSING, 0], "function": [1, 2], "file": [MISSING, 0], "line": [-5, _LARGEST]}
        ),
        epoch_ns=draw(st.none() | st.integers(-(2**70), 2**70)),
        **{name: draw(_rows(table)) for name, table in Trace.table_types().items()},
    )


def assert_the_same(one, other):
    """Equal in everything, numbers of texts included."""
    assert (one.source, one.strings, one.devices) == (other.source, other.strings, other.devices)
    assert (one.processes, one.epoch_ns) == (other.processes, other.epoch_ns)
    for name, table in {**one.tables(), "stack_frames": one.stack_frames}.items():
        for column, dtype in table.columns().items():
            values = getattr(getattr(other, name), column)
            assert values.dtype == dtype
            assert values.tolist() == getattr(table, column).tolist(), f"{name}.{column}"


@settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large], deadline=None)
@given(trace=_traces())
def test_any_trace_comes_back_as_it_was(tmp_path_factory, trace):
    folder = tmp_path_factory.mktemp("columns") / "part"
    trace.check()
    write_part(trace, folder)
    assert_the_same(trace, read_part(folder))


def test_a_trace_of_nothing_comes_back(tmp_path):
    write_part(Trace(Source("p", "kineto")), tmp_path / "part")
    assert_the_same(Trace(Source("p", "kineto")), read_part(tmp_path / "part"))


def test_tables_without_rows_have_no_file(part):
    folder, _ = part
    assert sorted(file.stem for file in folder.iterdir()) == [
        *("calls", "devices", "processes", "ranges", "samples", "stack_frames", STRINGS, "work")
    ]


def test_texts_stand_in_the_tables_and_missing_ones_are_null(part):
    folder, trace = part
    work = pq.ParquetFile(file_of(folder, "work")).read()
    assert work.column("name").to_pylist() == [trace.text(code) for code in trace.work.name]
    assert work.column("grid").null_count == len(trace.work)
    assert work.column("sequence").to_pylist() == [MISSING] * len(trace.work)


def test_a_part_that_is_there_stays(part):
    folder, trace = part
    write_part(Trace(Source("another", "kineto")), folder)
    assert_the_same(trace, read_part(folder))
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


def test_a_part_that_cannot_be_written_leaves_nothing(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        write_part(Trace(Source("p", "kineto")), tmp_path / "file" / "part")


def test_names_that_have_no_utf8_are_replaced(tmp_path):
    write_part(Trace(Source("p", "kineto"), strings=("a\ud800",)), tmp_path / "part")
    assert read_part(tmp_path / "part").strings == ("a?",)


@pytest.mark.parametrize("table", ["work", "devices", STRINGS])
def test_a_missing_file_is_named(part, table):
    folder, _ = part
    file_of(folder, table).unlink()
    with pytest.raises(TraceUnreadable, match=f"{table}.parquet: is missing, so the folder of columns is"):
        read_part(folder)


LEFT = pytest.mark.parametrize("left", [0, 3, 0.5, 0.99])


def _truncate(path, left):
    content = path.read_bytes()
    path.write_bytes(content[: left if isinstance(left, int) else int(left * len(content))])


@pytest.mark.parametrize("table", ["work", "processes"])
@LEFT
def test_a_truncated_file_is_named(part, table, left):
    folder, _ = part
    _truncate(file_of(folder, table), left)
    with pytest.raises(
        TraceUnreadable, match=rf"{table}.parquet: is damaged, or is not the file .*; write the columns"
    ):
        read_part(folder)


@LEFT
def test_the_file_that_has_the_digests_of_the_others_is_named_too(part, left):
    folder, _ = part
    _truncate(file_of(folder, STRINGS), left)
    with pytest.raises(TraceUnreadable, match=r"strings.parquet: cannot be read as Parquet \(.+\); write the columns"):
        read_part(folder)


def test_any_byte_that_was_changed_is_noticed(part):
    folder, trace = part
    digest = digest_of(folder)
    for table in ("work", "processes", STRINGS):
        path = file_of(folder, table)
        content = path.read_bytes()
        for place in range(0, len(content), 23):
            path.write_bytes(content[:place] + bytes([content[place] ^ 0x55]) + content[place + 1 :])
            with pytest.raises(TraceUnreadable, match=f"{table}.parquet: is damaged, or is not the file"):
                read_part(folder, digest)
        path.write_bytes(content)
    assert_the_same(trace, read_part(folder, digest))


@pytest.mark.parametrize("table", ["work", "devices", "ranges"])
def test_a_table_of_another_rank_is_refused(part, table):
    folder, _ = part
    other = with_rank(literal("k 0-10 @1; h2d 12-21 @11; range step 0-31"), 4)
    write_part(other, folder.with_name("rank=4"))
    shutil.copy(file_of(folder.with_name("rank=4"), table), file_of(folder, table))
    with pytest.raises(TraceUnreadable, match=f"{table}.parquet: .* not the file that was written with the others"):
        read_part(folder)


def _rewrite(path, *, table=None, **metadata):
    """Write a file anew, as a version of gpu-trace could have written it."""
    file = pq.ParquetFile(path)
    table = file.read() if table is None else table
    kept = {key.decode(): value.decode() for key, value in (file.metadata.metadata or {}).items()}
    with pq.ParquetWriter(path, table.schema, store_schema=False) as written:
        written.write_table(table)
        written.add_key_value_metadata({**kept, **metadata})
    if path.stem != STRINGS:
        strings = file_of(path.parent, STRINGS)
        facts = json.loads(pq.ParquetFile(strings).metadata.metadata[b"gpu_trace.trace"])
        facts["digests"][path.stem] = digest(path.read_bytes())
        _rewrite(strings, **{"gpu_trace.trace": json.dumps(facts)})


def test_a_later_version_is_refused(part):
    folder, _ = part
    _rewrite(file_of(folder, STRINGS), **{"gpu_trace.columns": str(VERSION + 1)})
    with pytest.raises(FormatUnsupported, match=r"strings.parquet: has version 2 of the columns, .* upgrade gpu-trace"):
        read_part(folder)


def test_a_parquet_file_of_another_program_is_refused(part):
    folder, _ = part
    pq.write_table(pa.table({"text": ["a"]}), file_of(folder, STRINGS))
    with pytest.raises(TraceUnreadable, match="is a Parquet file that gpu-trace did not write"):
        read_part(folder)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda work: work.slice(1), "work has 1 rows of 2"),
        (lambda work: work.set_column(3, "engine", pa.array([1.5, 2.5])), "column engine is double, not int8"),
        (lambda work: work.set_column(2, "name", pa.array(["k", "not a string of it"])), "not a string of it"),
        (lambda work: work.set_column(4, "device", pa.array([7, 0], pa.int16())), "device is not a position"),
        (lambda work: work.set_column(1, "end_ns", pa.array([-9, -9])), "a row ends before it starts"),
    ],
)
def test_columns_that_do_not_fit_are_refused(part, change, problem):
    folder, _ = part
    path = file_of(folder, "work")
    _rewrite(path, table=change(pq.ParquetFile(path).read()))
    with pytest.raises(TraceUnreadable, match=rf"rank=3: has columns that do not fit together \(.*{problem}"):
        read_part(folder)


def test_a_column_that_an_earlier_version_lacks_is_missing(part):
    folder, trace = part
    path = file_of(folder, "work")
    _rewrite(path, table=pq.ParquetFile(path).read().drop_columns(["correlation"]))
    assert read_part(folder).work.correlation.tolist() == [MISSING] * len(trace.work)


@pytest.mark.parametrize("stated", ["", "{", "[]", json.dumps({"rows": {}}), None])
def test_metadata_that_is_not_that_of_a_trace_is_refused(part, stated):
    folder, _ = part
    facts = json.loads(pq.ParquetFile(file_of(folder, STRINGS)).metadata.metadata[b"gpu_trace.trace"])
    without_digests = json.dumps({name: facts[name] for name in facts if name != "digests"})
    _rewrite(file_of(folder, STRINGS), **{"gpu_trace.trace": without_digests if stated is None else stated})
    problem = r"has columns that do not fit together \(what the trace says of itself is damaged\); write the columns"
    with pytest.raises(TraceUnreadable, match=problem):
        read_part(folder)


def test_columns_are_read_without_pandas(part):
    script = (
        "import sys, pathlib; from gpu_trace_analyzers.columnar.part import read_part;"
        "print(len(read_part(pathlib.Path(sys.argv[1])).work), 'pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script, str(part[0])], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["2", "False"]


def test_pyarrow_is_asked_for_where_it_is_needed(part, monkeypatch):
    real = builtins.__import__

    def without(name, *arguments, **options):
        if name.startswith("pyarrow"):
            raise ImportError("No module named 'pyarrow'")
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(UsageError, match=r"columns need pyarrow .*; run pip install 'gpu-trace\[columns\]'"):
        read_part(part[0])
