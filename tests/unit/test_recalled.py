"""A native half that was equal to the traced one is not run again; one that differs is, whatever was kept."""

from __future__ import annotations

import pytest

import recalled
from native import Outcome

HELLO, BYE = Outcome("hello\n", "", 0), Outcome("bye\n", "", 0)


@pytest.fixture
def halves(monkeypatch, tmp_path):
    """Compares halves of a script, and says how often the native one ran."""
    monkeypatch.setattr(recalled, "FOLDER", tmp_path)

    def compare(script, native, traced):
        ran = []
        both = recalled.halves(script, Outcome, lambda: ran.append(1) or native, lambda: traced)
        return (*both, len(ran))

    return compare


def test_what_was_equal_is_not_run_again(halves):
    assert halves("a", HELLO, HELLO) == (HELLO, HELLO, 1)
    assert halves("a", HELLO, HELLO) == (HELLO, HELLO, 0)
    assert halves("another", HELLO, HELLO) == (HELLO, HELLO, 1)


def test_what_differs_is_not_kept(halves):
    for _ in range(2):
        assert halves("a", HELLO, BYE) == (HELLO, BYE, 1)


def test_what_differs_from_what_was_kept_runs_again(halves):
    halves("a", HELLO, HELLO)
    assert halves("a", BYE, BYE) == (BYE, BYE, 1)
    assert halves("a", BYE, BYE) == (BYE, BYE, 0)
    assert halves("a", BYE, HELLO) == (BYE, HELLO, 1)


def test_a_new_environment_is_another_place(halves, monkeypatch):
    halves("a", HELLO, HELLO)
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    recalled._here.cache_clear()
    assert halves("a", HELLO, HELLO) == (HELLO, HELLO, 1)
    monkeypatch.undo()
    recalled._here.cache_clear()


def test_a_file_that_is_damaged_is_not_believed(halves, tmp_path):
    halves("a", HELLO, HELLO)
    [kept] = tmp_path.iterdir()
    kept.write_text('{"stdout"')
    assert halves("a", HELLO, HELLO) == (HELLO, HELLO, 1)
    assert halves("a", HELLO, HELLO) == (HELLO, HELLO, 0)
