"""Accounts written as one sees them: ``accounted("compute 60; idle waiting_for_data 30; copy pageable 10 at most 5")``.

Statements end at ``;``: ``compute NS``, or ``OWNER CAUSE NS [at most NS] [id=TEXT]``. Statements after ``|`` are of the
next device. The window of a device is what its statements add up to.
"""

from __future__ import annotations

from gpu_trace_analyzers.questions.account.account import Account
from gpu_trace_analyzers.questions.account.job import job_first
from gpu_trace_analyzers.questions.account.losses import DeviceAccount, Loss
from gpu_trace_analyzers.questions.evidence import Evidence, Fact
from gpu_trace_analyzers.questions.steady.window import Steady
from gpu_trace_analyzers.vocabulary.losses import Owner

EVIDENCE = Evidence(0, 1, "k", False, 7, "stream 7", "", "launched", None, "", Fact("so it was"))


def accounted(text: str, **steady: object) -> Account:
    """The account that ``text`` writes; ``steady`` are fields of `Steady`, such as ``steps``."""
    devices = tuple(_device(position, each) for position, each in enumerate(text.split("|")))
    told = {"window": None, "found_by": "whole"} | steady
    job = job_first(devices)
    return Account(Steady(**told), devices, job.first if job else None, job)


def _device(position: int, text: str) -> DeviceAccount:
    words = [statement.split() for statement in text.split(";") if statement.strip()]
    compute_ns = sum(int(each[1]) for each in words if each[0] == "compute")
    losses = [_loss(position, each) for each in words if each[0] != "compute"]
    losses.sort(key=lambda loss: (-loss.at_most_ns, -loss.ns))
    return DeviceAccount(position, -1, compute_ns + sum(loss.ns for loss in losses), compute_ns, tuple(losses))


def _loss(position: int, words: list[str]) -> Loss:
    owner, cause, ns = words[0], words[1], int(words[2])
    at_most_ns = int(words[words.index("most") + 1]) if "most" in words else ns
    name = next((word[3:] for word in words if word.startswith("id=")), f"{position} {owner} {cause}")
    title = cause.replace("_", " ")
    return Loss(name, position, -1, Owner(owner), cause, title, ns, at_most_ns, 1, EVIDENCE, "do it otherwise")
