"""Decimal text to integer nanoseconds, exactly.

Kineto writes microseconds with three decimals, in 2024 as epoch microseconds (1.7e15), where a double has steps of a
quarter microsecond. So no stamp is ever a float here.
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

_LIMIT_NS = 1 << 62


def nanoseconds(text: str) -> int | None:
    """Microseconds as decimal text (``"4555785412268.006"``, ``"1e3"``, quoted or not) in ns, to the nearest (half up).

    None for what is no finite number, or is too large to be a time.
    """
    whole, _, decimals = text.strip(' "').partition(".")
    if whole.isascii() and whole.isdigit() and (not decimals or (decimals.isascii() and decimals.isdigit())):
        ns = int(whole + decimals[:3].ljust(3, "0")) + (decimals[3:4] >= "5")
    else:
        exact = _decimal_ns(text.strip(' "'))
        if exact is None:
            return None
        ns = exact
    return ns if -_LIMIT_NS < ns < _LIMIT_NS else None


def _decimal_ns(text: str) -> int | None:
    try:
        value = Decimal(text)
    except InvalidOperation:
        return None
    if not value.is_finite() or value.adjusted() > 30:
        return None
    return int((value * 1000 + Decimal("0.5")).__floor__())
