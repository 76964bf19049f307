"""How far is a prediction from the time after the change, and does that prove anything?

The gate is the error of the *gain*: where little can be gained, a wrong model too is near the time. Beside it stands
the naive estimate, that only the busiest engine counts. A pair on which the model is not nearer than that proves
nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .measured import Outcome
    from .pairs import Pair

GATE = 0.10
"""The largest error of a gain."""
LARGE_GAIN, GATE_OF_LARGE = 0.10, 0.05
"""A gain of more than this part of the time, and the largest error of such a one."""
NO_GAIN = 0.01
"""A smaller part of the time is none."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """Times in ns: unrecorded before and after the change, and what was said before of the time after.

    ``predicted_ns`` is None if no prediction was made, and so are the figures of it.
    """

    before_ns: int
    after_ns: int
    predicted_ns: int | None
    naive_ns: int

    @property
    def gain_ns(self) -> int:
        """What the change gained."""
        return self.before_ns - self.after_ns

    @property
    def predicted_gain_ns(self) -> int | None:
        """What it was predicted to gain."""
        return None if self.predicted_ns is None else self.before_ns - self.predicted_ns

    @property
    def error(self) -> float | None:
        """Of the predicted time, as a part of the measured one; below 0 where it was predicted to be faster."""
        return None if self.predicted_ns is None else self.predicted_ns / self.after_ns - 1

    @property
    def gain_error(self) -> float | None:
        """Of the predicted gain, as a part of the measured one; None where nothing was gained."""
        return self._gain_error(self.predicted_ns)

    @property
    def naive_gain_error(self) -> float | None:
        """The same of the naive estimate."""
        return self._gain_error(self.naive_ns)

    @property
    def limit(self) -> float:
        """The largest error of the gain that passes."""
        return GATE_OF_LARGE if self.gain_ns > LARGE_GAIN * self.before_ns else GATE

    def _gain_error(self, time_ns: int | None) -> float | None:
        if time_ns is None or self.gain_ns <= NO_GAIN * self.before_ns:
            return None
        return abs(time_ns - self.after_ns) / self.gain_ns


def compared(outcome: Outcome) -> Comparison | None:
    """None if one of the two times was not measured."""
    before, after = outcome.before, outcome.after
    if before is None or after is None:
        return None
    expected = outcome.prediction.expected if outcome.prediction else None
    predicted_ns = expected.predicted_ns if expected else None
    return Comparison(before.unrecorded.median_ns, after.median_ns, predicted_ns, before.busiest_ns)


def status(pair: Pair, outcome: Outcome) -> str:
    """Whether it passes, or why that is not known."""
    found = compared(outcome)
    if found is None or found.predicted_gain_ns is None:
        return _unknown(pair, outcome)
    return _gained(found) if pair.gains else _gained_nothing(found, found.predicted_gain_ns)


def _unknown(pair: Pair, outcome: Outcome) -> str:
    if outcome.before is None:
        return "not measured" if pair.gpus == 1 else f"needs {pair.gpus} GPUs"
    if outcome.prediction is None:
        return "not predicted"
    if outcome.prediction.expected is None:
        return f"abstained: {outcome.prediction.reason}"
    return "predicted, not measured after"


def _gained(found: Comparison) -> str:
    if found.gain_error is None or found.naive_gain_error is None:
        return "does not count: nothing gained"
    if found.gain_error >= found.naive_gain_error:
        return "does not count: the busiest engine is as near"
    passed = "passes" if found.gain_error <= found.limit else "fails"
    return f"{passed}: at most {found.limit:.0%}".replace("%", " %")


def _gained_nothing(found: Comparison, predicted_gain_ns: int) -> str:
    if found.gain_ns > NO_GAIN * found.before_ns:
        return "does not count: something gained"
    return "passes: no gain" if predicted_gain_ns <= NO_GAIN * found.before_ns else "fails: a gain predicted"
