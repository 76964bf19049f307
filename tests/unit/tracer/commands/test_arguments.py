"""What people, and shells with unset variables, give as times, numbers and names."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from gpu_trace.cli import gpu_trace


def refused(*arguments):
    result = CliRunner().invoke(gpu_trace, [str(argument) for argument in arguments])
    assert result.exit_code == 2, result.output
    return result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["summary", ""],
        ["info", ""],
        ["check", "", "--min-overlap", "0.9"],
        ["diff", "", "{trace}"],
        ["diff", "{trace}", ""],
        ["export", "", "-o", "out.json"],
        ["export", "{trace}", "-o", ""],
        ["open", ""],
        ["run", "-o", "", "script.py"],
        ["summary", "{trace}", "--html", ""],
        ["summary", "{trace}", "--csv", ""],
        ["summary", "{trace}", "--rules", ""],
        ["check", "{trace}", "--min-overlap", "0.9", "--junit", ""],
    ],
    ids=" ".join,
)
def test_an_empty_name_is_not_the_working_folder(arguments, recorded, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    said = refused(*(argument.format(trace=recorded("two_streams")) for argument in arguments))
    assert "the name is empty; check that its shell variable is set" in said
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "trace", "--min-overlap", "nan"],
        ["open", "trace", "--timeout", "nan"],
        ["open", "trace", "--timeout", "inf"],
        ["open", "trace", "--timeout", "1e300"],
        ["run", "--after", "nan", "script.py"],
        ["run", "--duration", "inf", "script.py"],
    ],
    ids=" ".join,
)
def test_numbers_that_are_none(arguments):
    assert "is not a number in the range that gpu-trace supports" in refused(*arguments)


@pytest.mark.parametrize(
    ("place", "problem"),
    [
        ("best", "'best' is not a place; write worst, none, or two times, such as 12ms..14ms"),
        ("5ms..3ms", "'5ms..3ms' ends before it begins"),
        ("5ms..5ms", "'5ms..5ms' ends before it begins"),
        ("5..6ms", "'5' has no unit"),
        ("..6ms", "'' is not a time"),
    ],
)
def test_places_that_are_none(place, problem, recorded):
    assert problem in refused("open", recorded("two_streams"), "--at", place)


@pytest.mark.parametrize("option", ["--from", "--to"])
def test_a_time_longer_than_any_trace(option, recorded):
    assert "longer than any trace" in refused("summary", recorded("two_streams"), option, f"{10**20}s")


def test_the_longest_time_is_still_reckoned_with(recorded):
    for number, unit in ((2**62, "ns"), (146 * 365 * 24 * 3600, "s")):
        arguments = ["summary", str(recorded("two_streams")), "--to", f"{number}{unit}"]
        assert CliRunner().invoke(gpu_trace, arguments, catch_exceptions=False).exit_code == 0


def test_no_engine_is_not_every_engine(recorded):
    assert "'' is not one of h2d" in refused("summary", recorded("two_streams"), "--copies", "")
