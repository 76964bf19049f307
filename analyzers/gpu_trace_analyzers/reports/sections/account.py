"""The account for programs: the window, the first line, and the losses of each device."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from ...model import MISSING
from ..fields import At, Field, Nested, Rows
from .causes import evidence_lines
from .compute import KINDS, LOW_CLOCK, WITHOUT_TENSOR_CORES
from .device import DEVICE, RANK
from .job_verdict import answer

if TYPE_CHECKING:
    from ...questions.account.account import Account
    from ...questions.account.losses import DeviceAccount, Loss
    from ...questions.account.where import Place
    from ...questions.compute.figures import ComputeFigures
    from ...summary import Summary


def _verdict_of(summary: Summary, at: At) -> dict[str, object]:
    account = summary.account
    first = account.first if account else None
    if account is None or first is None:
        return {"text": "no device activity", "loss": None, "device": None, "rank": None}
    return {
        "text": answer(summary),
        "loss": first.losses[0].id if first.losses else None,
        "device": at.places[first.account.device],
        "rank": None if first.account.rank < 0 else first.account.rank,
    }


def _window(account: Account, at: At) -> dict[str, object]:
    steady = account.steady
    spans = [figures.window for figures in at.summary.devices] if steady.window is None else [steady.window]
    return {
        "start_ns": min((span.start_ns for span in spans), default=None),
        "end_ns": max((span.end_ns for span in spans), default=None),
        "found_by": steady.found_by,
        "steps": steady.steps or None,
        "first_step": steady.first_step,
        "last_step": steady.last_step,
        "left_out_ns": steady.left_out_ns,
    }


def _computed(account: DeviceAccount, at: At) -> tuple[ComputeFigures, ...]:
    answer = at.summary.answer_of(account.device)
    return answer.rows if answer else ()


def _place(place: Place) -> dict[str, object]:
    return asdict(place) | {"line": None if place.line == MISSING else place.line}


def _of(loss: Loss, figure: str) -> int | None:
    return getattr(loss.seen, figure) if loss.seen else None


_LOSSES = Rows(
    "losses",
    "what the device did instead of computing, in the order of `about_ns`, else `at_most_ns`",
    lambda account, _: account.losses,
    (
        Field("id", "the same in another recording of the same script"),
        Field("owner", get=lambda row, _: row.owner.value),
        Field("cause"),
        Field("ns"),
        Field("at_most_ns"),
        Field("about_ns", "what ending it saves by [`gpu-trace whatif`](what-if.md); null if that was not asked"),
        Field("error_ns", "by how much that may be wrong"),
        Field("count"),
        Field("start_ns", "of the longest stretch", lambda row, _: row.evidence.start_ns),
        Field("end_ns", get=lambda row, _: row.evidence.end_ns),
        Field("evidence", get=lambda row, _: "; ".join(evidence_lines(row.evidence))),
        Field("remedy"),
        Field(
            "where",
            "lines of the script that the [samples](verdict.md#where-in-the-script) of the host's stacks show: `file`, "
            "`line` (null if it is not known), `function`, `samples`; at most five",
            lambda row, _: [_place(place) for place in row.where],
            only_json=True,
        ),
        Field(
            "lines",
            "the lines that most of it is at, as text names them: `file`, `first_line`, `last_line`, `function`, "
            "`samples`; null if no few lines are",
            lambda row, _: asdict(row.lines) if row.lines else None,
            only_json=True,
        ),
        Field("samples", "all of its samples; null if no stacks were sampled", lambda row, _: _of(row, "samples")),
        Field(
            "unsampled_ns",
            "of the time in which the host held the device up, how much no sample stands for",
            lambda row, _: _of(row, "unsampled_ns"),
        ),
    ),
    table="losses",
    first=(DEVICE, RANK),
)
_TURNS = Field(
    "one_at_a_time_ns",
    "in which exactly one thread of a CPU computed, if its threads take turns; otherwise null",
    lambda row, _: row.turns.ns if row.turns else None,
)
FIELDS = (
    Nested(
        "account",
        "where the time of each device went, in the [window](verdict.md) that the verdict speaks of",
        lambda summary, _: summary.account,
        (
            Field("version", get=lambda _row, _: 1),
            Field(
                "window",
                "on the trace's clock: `start_ns`, `end_ns`, `found_by` (`steps`, `asked` or `whole`), `steps` (the "
                "name of the range), `first_step`, `last_step`, `left_out_ns`",
                _window,
                only_json=True,
            ),
            Field(
                "verdict",
                "the first line: `text`, `loss` (its `id`), `device`, `rank`",
                lambda _row, at: _verdict_of(at.summary, at),
                only_json=True,
            ),
            Rows(
                "devices",
                "`compute_ns` and the `ns` of the losses add up to `window_ns`",
                lambda account, _: account.devices if account else (),
                (
                    *(DEVICE, RANK, Field("window_ns"), Field("compute_ns"), _TURNS, _LOSSES),
                    Rows("compute", "what it computed in the window", _computed, KINDS),
                    WITHOUT_TENSOR_CORES,
                    LOW_CLOCK,
                ),
                table="accounts",
                first=(DEVICE, RANK),
            ),
        ),
    ),
)
