"""Three stages of a pair, each of which leaves a file: so that a prediction can be kept before the time after exists.

In the folder of a pair, ``before`` leaves what the case took in ``before.json``, beside its run folder of that name.
``predict`` leaves ``prediction.json``, from that run folder alone, and ``after`` the clocks of that case in
``after.json``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from ..running import answer, machine, output
from .measured import Case, Clocks, Outcome, Prediction, busiest_ns, devices

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from .pairs import Pair

    Stage = Callable[[Pair, Path, Sequence[str]], None]
    """runs in the folder of a pair; the last are arguments of its script"""

Kept = TypeVar("Kept", Case, Prediction, Clocks)

RANGE = "measured"
ABSTAINED = 4
"""the exit code with which ``gpu-trace whatif`` gives no answer"""


class Skipped(Exception):
    """A stage cannot run here, or not yet; the message says why."""


class WrongResults(Exception):
    """A case did not leave what it has to."""


def before(pair: Pair, folder: Path, arguments: Sequence[str]) -> None:
    """Time and record the case before the change; what was known of the pair is no longer."""
    for name in ("before", "prediction", "after"):
        (folder / f"{name}.json").unlink(missing_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "before.json").write_bytes(_json(_recorded(pair, folder, arguments)))


def predict(pair: Pair, folder: Path, _arguments: Sequence[str]) -> None:
    """Predict the time after the change, from the recording before it."""
    known = outcome(pair, folder)
    if known.before is None:
        raise Skipped("not measured before the change")
    if known.after is not None:
        raise Skipped("measured after the change already, so it can no longer be predicted")
    clock = ("--unrecorded", f"{known.before.unrecorded.median_ns}ns")
    command = ("whatif", str(folder / "before"), "--range", RANGE, *clock, "--json")
    printed, errors = answer("-m", "gpu_trace", *command, refused=ABSTAINED)
    refusal = Prediction("gpu-trace.whatif/1", "abstained", errors.strip())  # such as: there is no GPU here
    (folder / "prediction.json").write_bytes(printed.encode() or _json(refusal))


def after(pair: Pair, folder: Path, arguments: Sequence[str]) -> None:
    """Time the case after the change, and hold the prediction against that."""
    known = outcome(pair, folder)
    if known.before is None or known.prediction is None:
        raise Skipped("not predicted")
    clocks = _clocks(output(pair.script, "--case", "after", *arguments))
    if clocks.checksum != known.before.unrecorded.checksum:
        raise WrongResults("the results after the change are not those before it")
    (folder / "after.json").write_bytes(_json(clocks))
    if known.prediction.expected is not None:
        command = ("whatif", str(folder / "before"), "--range", RANGE, "--verify", f"{clocks.median_ns}ns")
        (folder / "verified.txt").write_text(output("-m", "gpu_trace", *command), encoding="utf-8")


STAGES: dict[str, Stage] = {"before": before, "predict": predict, "after": after}


def outcome(pair: Pair, folder: Path) -> Outcome:
    """What the stages have left so far."""
    return Outcome(
        pair.name,
        before=_kept(folder / "before.json", Case),
        prediction=_kept(folder / "prediction.json", Prediction),
        after=_kept(folder / "after.json", Clocks),
    )


def _recorded(pair: Pair, folder: Path, arguments: Sequence[str]) -> Case:
    """The case before, as it ran without a recording and with one, into the run folder of its name."""
    script = (pair.script, "--case", "before", *arguments)
    unrecorded = _clocks(output(*script))
    record = ("run", "-q", "--force", "-o", str(folder / "before"), "--range", RANGE, "--dependencies")
    recorded = _clocks(output("-m", "gpu_trace", *record, *script, "--repeats", "1"))
    if recorded.checksum != unrecorded.checksum:
        raise WrongResults("the results before the change are others when it is recorded")
    summary = (folder / "before" / "summary.json").read_bytes()
    return Case(machine(devices(summary)), unrecorded, recorded.clocks_ns[0], busiest_ns(summary))


def _clocks(printed: str) -> Clocks:
    found = msgspec.json.decode(printed)
    if "needs" in found:
        raise Skipped(f"it needs {found['needs']}")
    return msgspec.convert(found, Clocks)


def _json(found: Case | Clocks | Prediction) -> bytes:
    return msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n"


def _kept(path: Path, kind: type[Kept]) -> Kept | None:
    return msgspec.json.decode(path.read_bytes(), type=kind) if path.exists() else None
