"""Every cause that a loss can have has a name that fits beside its figures on a narrow screen."""

from __future__ import annotations

from gpu_trace_analyzers.reports.job.cause_names import CAUSE_NAMES
from gpu_trace_analyzers.vocabulary.losses import CAUSES

ROOM = 37


def test_every_cause_has_a_name():
    assert {cause for causes in CAUSES.values() for cause in causes} == CAUSE_NAMES.keys()


def test_names_fit_beside_figures():
    assert {name for name in CAUSE_NAMES.values() if len(name) > ROOM} == set()
