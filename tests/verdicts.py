"""The first line of every recording whose limit is known, against that limit; and the tables of docs/verdict.md.

    python tests/verdicts.py                 print what is wrong, what abstains, and how many are right
    python tests/verdicts.py --write         write the tables into docs/verdict.md

A first line is **right** if one of the losses that it names has the owner and the cause of the truth, or if it names
none and the truth is compute. It **abstains** if it names no cause (`UNEXPLAINED`). Otherwise it is **wrong**,
as is one that names another rank than the late one.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gpu_trace_analyzers.questions.account.collectives import explain_collectives
from gpu_trace_analyzers.questions.account.copies import explain_copies
from gpu_trace_analyzers.questions.account.idle.explain import explain_idle_time
from gpu_trace_analyzers.questions.scope import Scope
from gpu_trace_analyzers.reports.document import to_json
from gpu_trace_analyzers.vocabulary.losses import UNEXPLAINED, Owner
from literal import literal
from summaries import summary_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gpu_trace_analyzers.questions.explained import Rule

ROOT = Path(__file__).parents[1]
TRACES = ROOT / "samples/traces"
PAGE = ROOT / "docs/verdict.md"
RIGHT, WRONG, ABSTAINED = "right", "wrong", "abstained"
_TABLE = re.compile(
    r"(?<=^<!-- the table, as tests/verdicts.py makes it -->\n\n).*?(?=\n\n<!-- end of the table -->$)", re.M | re.S
)
_CAUSES = re.compile(r"^<!-- causes of (\w+) -->\n(.*?)\n<!-- end of causes -->$", re.M | re.S)
_CAUSE = re.compile(r"^\| [^|]* \(`(\w+)`\) \| ([^|]*) \| [^|]* \|$", re.M)
_EXPLAINED = {
    Owner.COLLECTIVE: explain_collectives,
    Owner.COPY: explain_copies,
    Owner.IDLE: explain_idle_time,
}
Claim = tuple[str, str | None]
"""an owner and a cause; of compute the cause is None"""
OF_ONE_RANK: dict[str, set[Claim]] = {
    "host": {("idle", "synchronized")},
    "data": {("idle", "waiting_for_data")},
    "gpu": set(),
    "start": {("idle", "start_up")},
}
"""What a job's truth names by a word, as the late rank itself sees it. The others wait for that rank in collectives."""
OF_ALL_RANKS: dict[str, set[Claim]] = {
    "compute": {("compute", None)},
    "collectives": {("collective", "transfer")},
    "bubble": {("collective", "waiting_for_rank")},
    "launches": {("idle", "launch_bound"), ("collective", "waiting_for_rank")},
}


@dataclass(frozen=True)
class Recording:
    """Traces of one run, and what limits it: ``true`` are the claims that are right."""

    name: str
    paths: tuple[Path, ...]
    true: frozenset[Claim]
    rank: int | None
    """the rank that the others wait for"""
    why: str

    @property
    def limit(self) -> str:
        """What limits it, in the words of the account."""
        return " or ".join(sorted(f"{owner}: `{cause}`" if cause else owner for owner, cause in self.true))


@dataclass(frozen=True)
class Judged:
    """What gpu-trace says first of a recording."""

    recording: Recording
    text: str
    claims: tuple[Claim, ...]
    outcome: str


def recordings() -> list[Recording]:
    """All whose limit is known."""
    return [*_of_scripts(), *_of_jobs(), *_of_experiments()]


def _of_scripts() -> Iterator[Recording]:
    for path in sorted((ROOT / "samples/limits/truths").glob("*.json")):
        truth = json.loads(path.read_text("utf-8"))
        trace = TRACES / f"limits_h200/{path.stem}.json.gz"
        yield Recording(f"limits_h200/{path.stem}", (trace,), _claims(truth), None, truth["why"])


def _of_jobs() -> Iterator[Recording]:
    for path in sorted(TRACES.glob("*/*/truth.json")):
        truth = json.loads(path.read_text("utf-8"))
        by, rank = truth["limited"]["by"], truth["limited"]["rank"]
        true = OF_ALL_RANKS.get(by) or OF_ONE_RANK[by] | {("collective", "waiting_for_rank")}
        if truth["limited"]["once"]:
            true = true | {("compute", None)}  # after that nothing is wrong
        yield Recording(f"two_h200/{path.parent.name}", (path.parent,), frozenset(true), rank, truth["why"])


def _of_experiments() -> Iterator[Recording]:
    for path in sorted((TRACES / "truths").glob("*.json")):
        truth = json.loads(path.read_text("utf-8"))
        paths = tuple(ROOT / recording for recording in truth["recordings"])
        name = str(paths[0].relative_to(TRACES)).removesuffix(".json.gz")
        yield Recording(name, paths, _claims(truth), truth["limited"].get("rank"), truth["why"])


def _claims(truth: dict[str, Any]) -> frozenset[Claim]:
    return frozenset((each["by"], each["cause"]) for each in (truth["limited"], *truth.get("also", ())))


def judged(recording: Recording) -> Judged:
    """What ``gpu-trace summary --json`` says first of it, and whether that is right."""
    with tempfile.TemporaryDirectory() as folder:
        path = recording.paths[0]
        if len(recording.paths) > 1:
            path = Path(folder)
            for each in recording.paths:
                (path / each.name).symlink_to(each)
        summary = summary_of(path)
        verdict = json.loads(to_json(summary))["account"]["verdict"]
        account = summary.account
    assert account is not None
    first, job = account.first, account.job
    claims = tuple((loss.owner.value, loss.cause) for loss in first.losses) or (("compute", None),)
    late = job.late.rank if job is not None and job.late is not None else None
    of_another = None not in (late, recording.rank) and late != recording.rank
    return Judged(recording, verdict["text"], claims, WRONG if of_another else outcome(recording.true, claims))


def outcome(true: frozenset[Claim], claims: tuple[Claim, ...]) -> str:
    """Whether a first line that makes these claims is right, where those are true."""
    known = [claim for claim in claims if claim[1] not in UNEXPLAINED]
    if any(claim in true for claim in known):
        return RIGHT
    return WRONG if known else ABSTAINED


def table(rows: list[Judged]) -> str:
    """In Markdown, the counts first."""
    counts = ", ".join(f"{sum(row.outcome == each for row in rows)} {each}" for each in (RIGHT, ABSTAINED, WRONG))
    lines = [f"| {row.recording.name} | {row.recording.limit} | {row.text} | {row.outcome} |" for row in rows]
    return "\n".join(
        [
            f"Of {len(rows)} recordings: {counts}.",
            "",
            "| recording | limit | verdict | |",
            "| :-- | :-- | :-- | :-- |",
            *lines,
        ]
    )


def with_tables(page: str, rows: list[Judged]) -> str:
    """The page with the tables as they are now."""
    return with_causes(_TABLE.sub(lambda _: table(rows), page))


def with_causes(page: str) -> str:
    """The page with titles and fixes of causes as the rules have them; when each of them holds stands in the page."""

    def again(found: re.Match[str]) -> str:
        rules = rules_of(Owner(found[1]))
        return f"<!-- causes of {found[1]} -->\n{_CAUSE.sub(partial(_row, rules), found[2])}\n<!-- end of causes -->"

    return _CAUSES.sub(again, page)


def causes_told(page: str) -> dict[Owner, list[str]]:
    """The keys of the causes in each table of the page."""
    return {Owner(owner): [key for key, _ in _CAUSE.findall(rows)] for owner, rows in _CAUSES.findall(page)}


def rules_of(owner: Owner) -> dict[str, Rule]:
    """The rules that are asked of a GPU, by cause."""
    explained = _EXPLAINED[owner](Scope(literal("k 0-10 compute")), 0)
    return {rule.cause: rule for rule in reversed(explained.rules)}


def _row(rules: dict[str, Rule], found: re.Match[str]) -> str:
    rule = rules[found[1]]
    return f"| {rule.title} (`{rule.cause}`) | {found[2]} | {rule.remedy} |"


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--write", action="store_true", help="write the table into the page")
    options.add_argument("--only", default="", help="recordings with this in their name")
    args = options.parse_args()
    rows = []
    for recording in recordings():
        if args.only in recording.name:
            rows.append(row := judged(recording))
            if row.outcome != RIGHT:
                claims = ", ".join(f"{owner}: {cause}" for owner, cause in row.claims)
                print(f"{row.outcome}: {recording.name}: {claims}; truth {recording.limit}\n    {row.text}", flush=True)
    print(table(rows).partition("\n")[0])
    if args.write:
        PAGE.write_text(with_tables(PAGE.read_text("utf-8"), rows), encoding="utf-8")


if __name__ == "__main__":
    main()
