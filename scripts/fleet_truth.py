"""Is what is found of a job of many ranks true? Simulated jobs, whose truth is known, are read and answered.

    scripts/fleet-truth                        20 seeds of each base, and 20 jobs without a fault
    scripts/fleet-truth --seeds 2 --sound 2 --bases ddp

Expected, and written down before the first run: every fault is named, with its rank or host; nothing else is; nothing
is found in a job without a fault; what a finding costs is the share of the job that the truth says, within a quarter,
if that is more than a twentieth, the fault is in every step, and no other one costs anything; every time of every host
is within 50 µs of the first one's clock after correction.
It exits with 1 if that does not hold.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gpu_trace_analyzers.asked import Asked
from gpu_trace_analyzers.job.answered import answered
from gpu_trace_analyzers.job.reading.read_job import read_job
from gpu_trace_analyzers.job.reading.sources import rank_files
from gpu_trace_analyzers.units import duration, percent
from scripts.fleet.__main__ import made
from scripts.fleet.recording import BASES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gpu_trace_analyzers.job.answer import Finding, JobAnswer

REPO = Path(__file__).parents[1]
RANKS = (16, 24, 32)
SKEW_NS = 40_000
"""Nine of ten collectives in the recordings of two H200s end within 38 µs on both ranks, after clocks are fitted."""
STEPS = 8
MOST_CLOCK_ERROR_NS = 50_000
LEAST_SHARE = 0.05
"""of the job: costs below it are not compared"""
_CALLED = {"truncated": "damaged", "slow_link": "transfer"}
"""faults whose findings have another name"""


@dataclass(slots=True)
class Score:
    """Of one kind of fault, over jobs."""

    there: int = 0
    named: int = 0
    first: int = 0
    """as the first finding, where it costs most of all faults"""
    wrong: int = 0
    """findings that are not of a fault"""
    costs: list[tuple[float, float]] = field(default_factory=list)
    """found and true shares of the job, of those that truly cost a twentieth or more"""


def main() -> None:
    """Make the jobs, answer them, print the table."""
    given = _arguments()
    scores: dict[str, Score] = defaultdict(Score)
    problems, clock_errors_ns = [], []
    jobs = [(base, seed, given.faults) for base in given.bases for seed in range(1, given.seeds + 1)]
    jobs += [(given.bases[number % len(given.bases)], 1000 + number, "none") for number in range(given.sound)]
    for base, seed, faults in jobs:
        with tempfile.TemporaryDirectory() as folder:
            answer, truth = simulated(Path(folder), base, seed, faults, given.skew_ns)
        said = compared(answer, truth, scores)
        clock_errors_ns.append(clock_error_ns(answer, truth))
        problems += [f"{base}, seed {seed}: {each}" for each in said]
        print(f"{base}, seed {seed}, {truth['ranks']} ranks: {', '.join(said) or 'as it is'}", flush=True)
    print(table(scores))
    worst_ns = max(clock_errors_ns)
    print(f"{given.sound} jobs without a fault; clocks at worst {duration(worst_ns)} off; {len(problems)} wrong")
    raise SystemExit(1 if problems or worst_ns > MOST_CLOCK_ERROR_NS else 0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--sound", type=int, default=20, help="jobs without a fault")
    parser.add_argument("--bases", nargs="+", choices=BASES, default=list(BASES))
    parser.add_argument("--faults", default="drawn", help="as scripts/make-fleet has them (default: drawn)")
    parser.add_argument("--skew-ns", type=int, default=SKEW_NS, help="by how much ranks leave a collective apart")
    return parser.parse_args()


def simulated(folder: Path, base: str, seed: int, faults: str, skew_ns: int) -> tuple[JobAnswer, dict[str, Any]]:
    """The answer of a job that is made in ``folder``, and its truth."""
    truth, out = folder / "truth.json", folder / "job"
    job = ["--ranks", str(RANKS[seed % len(RANKS)]), "--seed", str(seed), "--steps", str(STEPS), "--base", base]
    made([*job, "--faults", faults, "--skew-ns", str(skew_ns), "--truth", str(truth), str(out)])
    part = read_job(out, rank_files(out), Asked(), workers=1)
    return answered(part, str(out)), json.loads(truth.read_text())


def compared(answer: JobAnswer, truth: dict[str, Any], scores: dict[str, Score]) -> list[str]:
    """What of the answer is not as the truth has it; adds to the scores."""
    problems, left = [], list(answer.findings)
    for fault in truth["faults"]:
        kind = _CALLED.get(fault["kind"], fault["kind"])
        score = scores[kind]
        score.there += 1
        found = next((each for each in left if each.kind == kind and _is_of(each, fault, truth)), None)
        if found is None:
            problems.append(f"{fault['kind']} not found ({fault['host']}, rank {fault.get('rank')})")
            continue
        left.remove(found)
        score.named += 1
        if len(fault["steps"]) == truth["steps"] and not any(
            each["cost_ns"] for each in truth["faults"] if each != fault
        ):
            problems += _cost(found.cost_ns / answer.job_ns, fault["cost_ns"] / truth["job_ns"], score, kind)
    for found in left:
        scores[found.kind].wrong += 1
        problems.append(f"{found.kind} of {found.ranks} found ({duration(found.cost_ns)}): {found.sentence}")
    return problems + _first(answer.findings, truth, scores)


def _cost(found: float, true: float, score: Score, kind: str) -> list[str]:
    """Shares of the job: whether one is the other within a quarter, where it is more than a twentieth."""
    if true < LEAST_SHARE:
        return []
    score.costs.append((found, true))
    return [] if abs(found - true) <= true / 4 else [f"{kind} costs {percent(found)}, truly {percent(true)}"]


def _is_of(found: Finding, fault: dict[str, Any], truth: dict[str, Any]) -> bool:
    if fault["kind"] == "slow_host":
        own = next(host["ranks"] for host in truth["hosts"] if host["host"] == fault["host"])
        return found.host == fault["host"] and _ranks(found) & set(own) == _ranks(found)
    if fault["kind"] == "slow_link":
        own = next(group for group in truth["groups"] if group["name"] == fault["part"])
        return found.ranks == ((own["first_rank"], own["last_rank"]),)
    return fault["rank"] in _ranks(found)


def _ranks(found: Finding) -> set[int]:
    return {rank for first, last in found.ranks for rank in range(first, last + 1)}


def _first(findings: Sequence[Finding], truth: dict[str, Any], scores: dict[str, Score]) -> list[str]:
    """Whether the fault that costs most comes first, where it costs more than a twentieth of the job."""
    worst = max(truth["faults"], key=lambda fault: fault["cost_ns"], default=None)
    if worst is None or worst["cost_ns"] < LEAST_SHARE * truth["job_ns"]:
        return []
    kind = _CALLED.get(worst["kind"], worst["kind"])
    if findings and findings[0].kind == kind and _is_of(findings[0], worst, truth):
        scores[kind].first += 1
        return []
    return [f"{worst['kind']} costs most, and does not come first"]


def clock_error_ns(answer: JobAnswer, truth: dict[str, Any]) -> int:
    """The worst error of a corrected time, against the clock of the first host, at the begin and end of the job."""
    true = {host["host"]: (host["offset_ns"], host["drift_ppb"]) for host in truth["hosts"]}
    if not answer.clocks:
        return 0
    reference = next(row for row in truth["hosts"] if any(row["host"] == each.host for each in answer.clocks))
    errors = []
    for row in answer.clocks:
        for at_ns in (0, truth["job_ns"]):
            offset_ns, drift_ppb = (
                each - own for each, own in zip(true[row.host], true[reference["host"]], strict=True)
            )
            apart_ns = row.offset_ns + at_ns * row.drift_ppb // 10**9
            errors.append(abs(apart_ns - offset_ns - at_ns * drift_ppb // 10**9))
    return max(errors)


def table(scores: dict[str, Score]) -> str:
    """As markdown."""
    lines = ["| found | faults | named | recall | not faults | precision | cost found / true (median, least, most) |"]
    lines += ["|---|--:|--:|--:|--:|--:|---|"]
    for kind in sorted(scores):
        score = scores[kind]
        recall = f"{score.named / score.there:.2f}" if score.there else ""
        precision = f"{score.named / (score.named + score.wrong):.2f}" if score.named + score.wrong else ""
        costs = _ratios(score.costs)
        lines.append(f"| `{kind}` | {score.there} | {score.named} | {recall} | {score.wrong} | {precision} | {costs} |")
    return "\n".join(lines)


def _ratios(costs: Iterable[tuple[float, float]]) -> str:
    ratios = [found / true for found, true in costs]
    if not ratios:
        return ""
    return f"{np.median(ratios):.2f}, {min(ratios):.2f}, {max(ratios):.2f}"


if __name__ == "__main__":
    main()
