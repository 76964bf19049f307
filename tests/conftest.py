from __future__ import annotations

import compileall
import gc
import os
import signal
import sys
from pathlib import Path

import pytest
from hypothesis import settings

from exhaustive import EXHAUSTIVE, lines_of
from gpu_trace.recording.launch import machine_has_gpu

# pytest keeps the tests that it has rewritten, also where the environment tells Python to write no bytecode: to rewrite
# them takes each process of a test run ten seconds. Children have the environment as it is.
sys.dont_write_bytecode = False

# A test must not fail for being slow on a busy machine.
settings.register_profile("project", deadline=None)
settings.register_profile("fewer", deadline=None, max_examples=8)
settings.register_profile("quick", deadline=None, max_examples=5)
settings.load_profile("project")
TESTS = Path(__file__).parent
TRACES = TESTS.parent / "samples/traces"
SLOW = (
    *("browser", "fidelity", "gpu"),
    *("golden/test_docs.py", "golden/test_jobs.py", "golden/test_one_wrong_stamp.py", "golden/test_reader_figures.py"),
    "unit/analyzers/reports/job/test_text.py",
    *(
        "golden/test_notebooks.py",
        "golden/test_python_examples.py",
        "golden/test_recordings.py",
        "golden/test_site.py",
        "golden/test_verdicts.py",
    ),
    *("golden/test_columns.py", "golden/test_predictions.py", "golden/test_recorded_traces.py"),
    "golden/test_two_ranks_as_a_job.py",
    "unit/analyzers/readers/test_damage.py",
    *("unit/analyzers/readers/chrome/test_hostile_nesting.py", "unit/analyzers/readers/folders"),
    *(
        "unit/analyzers/job/reading/test_on_dask.py",
        "unit/analyzers/job/reading/test_read_job.py",
        "unit/analyzers/job/reading/test_sources.py",
    ),
    *("unit/analyzers/job/reading/test_columns.py", "unit/analyzers/test_many_ranks.py"),
    "unit/analyzers/places/test_s3.py",
    *("unit/analyzers/readers/finishing/test_contradictions.py", "unit/analyzers/readers/kineto/test_chain.py"),
    *("unit/analyzers/readers/pftrace/test_reader.py", "unit/analyzers/reports/test_html.py"),
    *("golden/test_brief.py", "golden/test_contention.py", "golden/test_dependencies.py"),
    *("golden/test_troubleshooting.py", "unit/analyzers/job/kept/test_of_rank.py", "unit/scripts/test_beside_hta.py"),
    "unit/analyzers/reports/test_many_devices.py",
    *("unit/tracer/boot/test_recording_cost.py", "unit/tracer/boot/test_safepoint.py"),
    *("unit/tracer/opening/test_prepare.py", "unit/tracer/recording/test_job_answer.py"),
    "unit/tracer/exporting/test_accounts.py",
    *("unit/tracer/recording/test_complete.py", "unit/tracer/stack_sampling/test_sampler.py"),
    *("unit/tracer/boot/test_signals.py", "unit/tracer/commands", "unit/tracer/test_progress.py"),
    *("unit/tracer/exporting/test_round_trips.py", "unit/scripts/test_fleet.py", "unit/scripts/test_fleet_truth.py"),
    *("unit/tracer/exporting/chrome/test_export.py", "unit/tracer/exporting/perfetto/test_export.py"),
    *("unit/tracer/cupti_recording/test_activities.py", "unit/tracer/nvtx_recording/test_recording.py"),
    *("unit/tracer/recording/test_kineto_places.py", "unit/tracer/test_endings.py", "unit/test_packaging.py"),
)
"""Folders and files whose tests start many processes or a browser, or read whole recordings; a single test says it with
a mark."""


def pytest_configure(config):
    """Start children with default signals, also where ``nohup`` or ``&`` ignored some; print as into a pipe."""
    if not hasattr(config, "workerinput"):
        compile_packages()
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
        if signal.getsignal(number) == signal.SIG_IGN:
            signal.signal(number, signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL)
    os.environ.pop("COLUMNS", None)  # the worker processes of -n 2 are given a width of 80


def compile_packages():
    """Each of the hundreds of children would compile them anew, since none writes bytecode into a script's folder."""
    for package in ("tracer", "analyzers"):
        compileall.compile_dir(TESTS.parent / package, quiet=2)


def pytest_collection_modifyitems(items, config):
    has_gpu, met, folder = machine_has_gpu(), set(), f"{TESTS}/"
    for item in items:
        path = str(item.path).removeprefix(folder)
        if path.startswith(SLOW):
            item.add_marker(pytest.mark.slow)
        if lines := lines_of(f"{path}::{item.name}"):
            item.add_marker(pytest.mark.exhaustive)
            met.update(lines)
        if not has_gpu and item.get_closest_marker("gpu"):
            item.add_marker(pytest.mark.skip(reason="needs an NVIDIA GPU"))
    if [Path(argument).resolve() for argument in config.args] == [TESTS] and (unmet := EXHAUSTIVE.keys() - met):
        raise pytest.UsageError(f"tests/exhaustive.py names tests that are not there: {', '.join(sorted(unmet))}")


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Collect no garbage meanwhile: a million objects are made, and stay. It would take a third more time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session")
def torch():
    """PyTorch. Nothing looks for garbage among what stays, meanwhile and afterwards: the import takes half as long."""
    gc.disable()
    try:
        return pytest.importorskip("torch")
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session")
def recorded():
    """The path of a recorded trace by its name: ``recorded("two_streams")``."""

    def path(name: str) -> Path:
        return TRACES / f"{name}.json.gz"

    return path
