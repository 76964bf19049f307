"""What a user is told of stacks that were not sampled, and which samples a trace has."""

from __future__ import annotations

import errno
import json

import pytest

from gpu_trace.recording import stack_rows, stacks
from gpu_trace.recording.working_folder import working_folder
from gpu_trace.stack_sampling import trial
from tests import sampled

PERIOD = "rounds\t100\nmissed\t2\ncpu_ns\t5000\nperiod_ns\t10000000\nlongest_period_ns\t40000000\n"
_FORBIDDEN = "Python stacks: the system does not let gpu-trace read the memory of the script; run gpu-trace doctor"

tried = trial.sampler_knows_this_python.__wrapped__
"""what tries the sampler each time"""


@pytest.fixture(autouse=True)
def _known_python(monkeypatch):
    monkeypatch.setattr(trial, "sampler_knows_this_python", lambda: True)
    monkeypatch.setattr(stack_rows, "sampler_knows_this_python", lambda: True)


def lost(folder, facts, pids=(9,)):
    (folder / "stacks").write_text(facts)
    return stacks.lost(folder, pids)


def test_nothing_is_lost_of_what_was_not_wanted(tmp_path):
    assert stacks.lost(tmp_path, [9]) == []


@pytest.mark.parametrize("error", [0, errno.ESRCH, errno.EFAULT, errno.ENOEXEC])
def test_a_process_that_ended_lost_nothing(tmp_path, error):
    assert lost(tmp_path, f"{PERIOD}process\t9 {error} 50 0\n") == []


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (errno.EPERM, _FORBIDDEN),
        (errno.ENOSYS, _FORBIDDEN),
        (errno.ENOTSUP, "Python stacks: the stack sampler does not know this Python; run gpu-trace doctor"),
        (errno.ENOEXEC, "Python stacks: the script runs another Python than gpu-trace does"),
        (errno.EFAULT, "Python stacks: the memory of the script could not be read (Bad address)"),
    ],
)
def test_why_a_process_was_not_sampled(tmp_path, error, sentence):
    assert lost(tmp_path, f"{PERIOD}process\t9 {error} 0 0\n") == [sentence]


def test_a_process_that_may_be_read_no_more_lost_its_stacks(tmp_path):
    assert lost(tmp_path, f"{PERIOD}process\t9 {errno.EPERM} 50 0\n") == [_FORBIDDEN]


def test_a_process_that_ended_before_it_was_sampled_lost_nothing(tmp_path):
    assert lost(tmp_path, f"{PERIOD}process\t9 {errno.ESRCH} 0 0\n") == []


def test_what_holds_for_all_processes_is_said_once(tmp_path):
    facts = f"{PERIOD}process\t8 1 0 0\nprocess\t9 1 0 0\n"
    assert lost(tmp_path, facts, (8, 9)) == [_FORBIDDEN]
    assert lost(tmp_path, facts + "process\t10 0 5 0\n", (9, 10)) == [f"process 9: {_FORBIDDEN}"]


def test_a_sampler_that_was_not_built_is_said_once(tmp_path, monkeypatch):
    monkeypatch.setattr(stacks, "built_sampler", lambda: None)
    with stacks.sampling(tmp_path):
        pass
    sentence = "Python stacks: the stack sampler was not built; run gpu-trace doctor"
    assert stacks.lost(tmp_path, [8, 9]) == [sentence]
    assert stacks.in_run_json(tmp_path) is None


def test_a_library_of_another_machine(tmp_path, monkeypatch):
    (tmp_path / "other.so").write_bytes(b"no library")
    monkeypatch.setattr(stacks, "built_sampler", lambda: tmp_path / "other.so")
    with stacks.sampling(tmp_path):
        pass
    (sentence,) = stacks.lost(tmp_path, [9])
    assert sentence.startswith("Python stacks: the stack sampler could not start (")


def test_an_unknown_layout(tmp_path, monkeypatch):
    monkeypatch.setattr(trial, "sampler_knows_this_python", lambda: False)
    sentence = "Python stacks: the stack sampler does not know this Python; run gpu-trace doctor"
    assert lost(tmp_path, f"{PERIOD}process\t9 0 50 0\n") == [sentence]


@pytest.mark.parametrize(("samples", "unread", "count"), [(90, 10, 0), (89, 11, 1)])
def test_stacks_that_changed_are_said_from_a_tenth_on(tmp_path, samples, unread, count):
    sentences = lost(tmp_path, f"{PERIOD}process\t9 0 {samples} {unread}\n")
    assert sentences == [f"{unread} of 100 samples of Python stacks: the stacks changed while they were read"] * count


def test_too_many(tmp_path):
    found = lost(tmp_path, f"{PERIOD}is_full\t1\nprocess\t9 0 2000000 0\n")
    assert found == ["Python stacks after the first 2,000,000 samples"]


def test_too_many_processes(tmp_path):
    sentence = "Python stacks of some processes: too many ran at one time"
    assert lost(tmp_path, f"{PERIOD}is_crowded\t1\nprocess\t9 0 50 0\n") == [sentence]
    assert lost(tmp_path, f"{PERIOD}is_crowded\t0\nprocess\t9 0 50 0\n") == []


def test_rate_and_cost(tmp_path):
    (tmp_path / "stacks").write_text(f"{PERIOD}process\t8 0 70 1\nprocess\t9 3 30 0\n")
    assert stacks.in_run_json(tmp_path) == {
        "samples": 100,
        "unread": 1,
        "rounds": 100,
        "missed": 2,
        "rate_hz": 100.0,
        "lowest_rate_hz": 25.0,
        "cpu_ns": 5000,
    }


# ---- rows ----

MAIN = [sampled.code("main", "/a.py", 3, b"")]


def samples(folder, rows, windows, base_ns=1000):
    """(thread, start, end, state) of the rows, whose times count from ``base_ns``."""
    sampled.write(folder, 9, MAIN, [(0, 1, -1)], rows)
    found = []
    for row in stack_rows.rows_of(stack_rows.read(folder, 9), 9, windows, base_ns, []):
        event = json.loads(bytes(row))
        assert event["pid"] == 9
        if event["name"] == "ProfileChunk":
            own, at_ns = event["args"]["data"]["gpuTrace"], 0
            for delta_ns, lasts_ns, state in zip(own["deltas_ns"], own["durations_ns"], own["states"], strict=True):
                at_ns = (at_ns or own["start_ns"]) + delta_ns
                found.append((event["tid"], at_ns, at_ns + lasts_ns, state))
    return found


def test_only_what_was_taken_inside_a_session_is_there(tmp_path):
    rows = [(at, at + 10, 5, 1, 3) for at in (1990, 2000, 2090, 2100, 2110)]
    assert [start for _, start, *_ in samples(tmp_path, rows, [(2000, 2100)])] == [1000, 1090]
    assert [start for _, start, *_ in samples(tmp_path, rows, [(2000, 2010), (2110, 2120)])] == [1000, 1110]
    assert samples(tmp_path, rows, []) == []


def test_a_sample_ends_with_its_session(tmp_path):
    assert samples(tmp_path, [(2095, 2105, 5, 1, 2)], [(2000, 2100)]) == [(5, 1095, 1100, 2)]


def test_threads_and_states_are_kept(tmp_path):
    rows = [(2000, 2010, 5, 1, 3), (2001, 2011, 6, 1, 4), (2010, 2020, 5, 1, 1)]
    found = samples(tmp_path, rows, [(2000, 3000)])
    assert sorted(found) == [(5, 1000, 1010, 3), (5, 1010, 1020, 1), (6, 1001, 1011, 4)]


def test_no_samples_are_no_rows(tmp_path):
    assert list(stack_rows.rows_of(stack_rows.read(tmp_path, 9), 9, [(0, 10)], 0, [])) == []
    assert samples(tmp_path, [], [(0, 10)]) == []


def test_stacks_that_contradict_themselves_cost_themselves_alone(tmp_path):
    no_line = [sampled.code("main", "/a.py", -(1 << 31), b"")]
    sampled.write(tmp_path, 9, no_line, [(0, 1, 4)], [(2000, 2010, 5, 1, 3)])
    said: list[str] = []
    found = stack_rows.read(tmp_path, 9)
    found.codes[1] = None
    assert list(stack_rows.rows_of(found, 9, [(2000, 2100)], 1000, said)) == []
    assert len(said) == 1
    assert said[0].startswith("Python stacks: they contradict themselves (")


def test_nothing_is_believed_of_a_layout_that_is_not_known(tmp_path, monkeypatch):
    monkeypatch.setattr(stack_rows, "sampler_knows_this_python", lambda: False)
    assert samples(tmp_path, [(2000, 2010, 5, 1, 3)], [(2000, 3000)]) == []


def test_a_script_may_delete_its_working_folder(tmp_path, monkeypatch):
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    said: list[str] = []
    sampled.write(tmp_path, 9, [sampled.code("main", "a.py", 3, b"")], [(0, 1, -1)], [(2000, 2010, 5, 1, 3)])
    assert list(stack_rows.rows_of(stack_rows.read(tmp_path, 9), 9, [(2000, 2100)], 1000, said))
    assert said == []
    assert working_folder() == str(gone)


def test_where_nothing_was_sampled_the_sampler_is_not_tried(tmp_path, monkeypatch):
    monkeypatch.setattr(stack_rows, "sampler_knows_this_python", lambda: pytest.fail("it was tried"))
    assert stack_rows.read(tmp_path, 9) is None


def test_without_a_folder_for_files_no_python_is_known(monkeypatch):
    def no_folder():
        raise FileNotFoundError

    monkeypatch.setattr(trial.tempfile, "TemporaryDirectory", no_folder)
    assert not tried()


@pytest.mark.parametrize("cut", ["rounds\t", "rou", "process\t", "process\t9", "process\t9 0"])
def test_a_full_disk_leaves_no_facts(tmp_path, cut):
    assert lost(tmp_path, f"missed\t2\n{cut}") == []
    assert stacks.parents(tmp_path) == {}
    assert stacks.in_run_json(tmp_path) is None
