"""What a terminal shows without ``--verbose``, and how it says that there is more."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from gpu_trace.cli import gpu_trace
from gpu_trace.recording import record

SAMPLES = Path(__file__).parents[4] / "samples/traces"
TRACES = [str(SAMPLES / name) for name in ("two_streams.json.gz", "seed_nonblocking.json.gz")]
RAW = Path(__file__).parents[3] / "golden/recordings/whole"
PID = 435
MORE = "--verbose shows engines, evidence and ranges too"


def ran(*arguments):
    result = CliRunner().invoke(gpu_trace, arguments, catch_exceptions=False)
    assert result.exit_code == 0
    return result


def test_the_last_line_says_how_to_see_more_and_verbose_shows_it():
    brief, whole = (ran("summary", *verbose, TRACES[0]).stdout for verbose in ([], ["--verbose"]))
    assert brief.startswith("GPU 0 (NVIDIA H200): ")
    assert brief.splitlines()[-1] == MORE
    assert MORE not in whole
    for only_in_full in (" engine ", "longest 1.15 ms", "range        device", "span 132.0 ms"):
        assert only_in_full in whole
        assert only_in_full not in brief


@pytest.mark.parametrize("form", ["--markdown", "--json"])
def test_other_forms_have_all_of_it(form):
    assert ran("summary", form, TRACES[0]).stdout == ran("summary", form, "--verbose", TRACES[0]).stdout


def test_of_several_traces_each_has_its_name_above_it():
    lines = ran("summary", *TRACES).stdout.splitlines()
    assert [line for line in lines if line.endswith(".gz:")] == [f"{path}:" for path in TRACES]
    assert lines.count(MORE) == 1


def test_tables_that_are_asked_for_are_shown():
    shown = ran("summary", "--top", "3", TRACES[0]).stdout
    assert "sm80_xmma_gemm" in shown
    assert "longest 1.15 ms" not in shown


def test_the_ranges_of_libraries_are_asked_for_as_ranges_are():
    assert "\nrange " in ran("summary", "--all-domains", TRACES[0]).stdout


def recorded(folder, monkeypatch, *options):
    """What ``gpu-trace run`` prints when the script has ended that left these records."""

    def run(_request, made, _saving):
        shutil.copytree(RAW, made.raw, dirs_exist_ok=True)
        return 0, PID

    monkeypatch.chdir(folder)
    (folder / "train.py").touch()
    monkeypatch.setattr(record.launch, "run", run)
    return ran("run", *options, "-o", "run", "train.py").stderr


def test_a_run_ends_with_the_command_that_shows_more(tmp_path, monkeypatch):
    lines = recorded(tmp_path, monkeypatch).splitlines()
    assert lines[-1] == "gpu-trace summary --verbose run shows more"
    assert any(line.startswith("run/trace.json.gz · ") for line in lines)
    assert "gpu-trace: the run is in run" not in lines  # the last line has its name
    assert not any(line.startswith(" engine ") for line in lines)
    assert " engine " in ran("summary", "--verbose", "run").stdout


@pytest.mark.parametrize(("option", "shows_engines"), [("--verbose", True), ("--no-summary", False), ("-q", False)])
def test_a_run_that_showed_all_or_nothing_does_not(option, shows_engines, tmp_path, monkeypatch):
    shown = recorded(tmp_path, monkeypatch, option)
    assert "shows more" not in shown
    assert ("gpu-trace: the run is in run\n" in shown) == (option != "-q")
    assert (" engine " in shown) == shows_engines
