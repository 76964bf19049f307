from __future__ import annotations

import pytest
from click.testing import CliRunner

from gpu_trace.checkup import examine
from gpu_trace.commands.doctor import doctor

PROBE = '{"torch": "2.13.0", "cuda": "", "gpus": [], "error": ""}\n'


@pytest.mark.parametrize("before", ["", "hello\n", '{"of": "somebody else"}\n', "WARNING: {old driver}\n\n"])
def test_what_others_print_first_is_not_the_probes(before):
    assert examine.last_said(before + PROBE)["torch"] == "2.13.0"
    assert examine.last_said(before + "no JSON\n") == {}


def test_colors_are_left_out_where_they_are_not_wanted(monkeypatch):
    machine = examine.Machine("linux", (3, 12, 1), False)
    monkeypatch.setattr(examine, "examine", lambda: machine)
    monkeypatch.delenv("NO_COLOR", raising=False)
    colored = CliRunner().invoke(doctor, color=True)
    assert (colored.exit_code, "\x1b[" in colored.stdout) == (1, True)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in CliRunner().invoke(doctor, color=True).stdout
