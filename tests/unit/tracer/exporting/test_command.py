from __future__ import annotations

import re
import shutil

import pytest
from click.testing import CliRunner

from gpu_trace.commands.export import _FORMS, export
from gpu_trace.exporting.formats import WRITERS
from gpu_trace.exporting.output import create
from gpu_trace_analyzers.errors import TraceUnreadable, UsageError
from gpu_trace_analyzers.readers import load
from gpu_trace_analyzers.whatif.beside import what_if_of
from gpu_trace_analyzers.whatif.document import EMPTY, encoded
from gpu_trace_analyzers.whatif.entry import entry_of
from gpu_trace_analyzers.whatif.stored import place_of
from perfetto_decoding import decode


def run(*arguments):
    return CliRunner().invoke(export, [str(argument) for argument in arguments], catch_exceptions=False)


@pytest.mark.parametrize("form", _FORMS)
def test_each_form_is_a_trace_again(form, recorded, tmp_path):
    outcome = run(recorded("mlp_overlap"), "-o", tmp_path / f"out{form}")
    assert (outcome.exit_code, outcome.stdout) == (0, "")
    assert re.fullmatch(rf"gpu-trace: wrote {tmp_path}/out{form} \([\d.]+ kB\)\n", outcome.stderr)
    again, trace = load(tmp_path / f"out{form}"), load(recorded("mlp_overlap"))
    assert len(again.work) == len(trace.work)
    assert [path.name for path in tmp_path.iterdir()] == [f"out{form}"]


def test_a_prediction_that_is_stored_is_in_the_native_trace(recorded, tmp_path):
    for ending in ("json.gz", "et.json.gz"):
        shutil.copy(
            recorded("whatif/seed_nonblocking").with_name(f"seed_nonblocking.{ending}"), tmp_path / f"run.{ending}"
        )
    source = tmp_path / "run.json.gz"
    run(source, "-o", tmp_path / "without.pftrace")
    trace = load(source, operators=True)
    entry = entry_of(what_if_of(trace, source, range_name="measured"), trace)
    place_of(source).write_text(encoded(EMPTY.having(entry)), encoding="utf-8")
    run(source, "-o", tmp_path / "with.pftrace")
    predicted = [
        {row.track[-1] for row in decode(tmp_path / f"{name}.pftrace").slices if row.args["category"] == "prediction"}
        for name in ("without", "with")
    ]
    assert predicted == [set(), {f"Predicted: {each}" for each in ("critical path", "Compute", "Copy device to host")}]


def test_the_command_offers_what_there_are_writers_for():
    assert set(_FORMS) == WRITERS.keys()


def test_a_name_that_says_nothing_is_refused(recorded, tmp_path):
    outcome = run(recorded("mlp_overlap"), "-o", tmp_path / "out.txt")
    assert outcome.exit_code == 2
    assert ".pftrace" in outcome.stderr


def test_a_folder_that_is_not_there_is_said(recorded, tmp_path):
    with pytest.raises(UsageError, match="cannot be written"):
        run(recorded("mlp_overlap"), "-o", tmp_path / "missing/out.json")


def test_the_trace_itself_is_never_overwritten(recorded, tmp_path):
    own = tmp_path / "trace.json.gz"
    shutil.copy(recorded("mlp_overlap"), own)
    before = own.read_bytes()
    with pytest.raises(UsageError, match="choose another file"):
        run(own, "-o", tmp_path / "." / "trace.json.gz")
    assert own.read_bytes() == before


@pytest.fixture
def ranks(recorded, tmp_path):
    folder = tmp_path / "ranks"
    folder.mkdir()
    for rank in (0, 1):
        shutil.copy(recorded("mlp_overlap"), folder / f"rank{rank}.json.gz")
    return folder


@pytest.mark.parametrize("name", ["rank0.json.gz", "all.json", "link.json"])
def test_no_trace_of_a_folder_is_replaced_and_none_is_added(name, ranks):
    (ranks / "link.json").symlink_to(ranks / "rank1.json.gz")
    before = {path.name: path.read_bytes() for path in ranks.iterdir()}
    with pytest.raises(UsageError, match="choose a"):
        run(ranks, "-o", ranks / name)
    assert {path.name: path.read_bytes() for path in ranks.iterdir()} == before


def test_an_export_that_does_not_count_may_lie_beside_its_traces(ranks):
    events = load(ranks).source.events
    run(ranks, "-o", ranks / "all.pftrace")
    assert load(ranks).source.events == events


def test_the_trace_of_a_run_folder_is_never_replaced_by_its_export(recorded, tmp_path):
    shutil.copy(recorded("mlp_overlap"), tmp_path / "trace.json.gz")
    before = (tmp_path / "trace.json.gz").read_bytes()
    with pytest.raises(UsageError, match="is the input trace"):
        run(tmp_path, "-o", tmp_path / "trace.json.gz")
    for name in ("trace.pftrace", "trace.json", "other.json.gz"):
        assert run(tmp_path, "-o", tmp_path / name).exit_code == 0
    assert (tmp_path / "trace.json.gz").read_bytes() == before


def test_what_is_no_trace_leaves_no_file(tmp_path):
    (tmp_path / "no.json").write_text("hello")
    with pytest.raises(TraceUnreadable):
        run(tmp_path / "no.json", "-o", tmp_path / "out.json")
    assert not (tmp_path / "out.json").exists()


def test_a_file_appears_whole_or_not_at_all(tmp_path):
    (tmp_path / "out.json").write_text("the one before")

    def fail():
        with create(tmp_path / "out.json") as file:
            file.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"out.json": "the one before"}


def test_nothing_else_is_touched_and_a_link_stays_one(tmp_path):
    (tmp_path / "out.json.part").write_text("of somebody else")
    (tmp_path / "link.json").symlink_to(tmp_path / "out.json")
    with create(tmp_path / "link.json") as file:
        file.write(b"{}")
    assert (tmp_path / "link.json").is_symlink()
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {
        "out.json": "{}",
        "link.json": "{}",
        "out.json.part": "of somebody else",
    }
