"""What gpu-trace records of GPUs over time, in NVML's terms: names and units of counters, reasons for low clocks."""

from __future__ import annotations

SM_CLOCK, MAX_SM_CLOCK, POWER, THROTTLE_REASONS = "SM clock", "max SM clock", "power", "throttle reasons"
UNITS = {SM_CLOCK: "MHz", MAX_SM_CLOCK: "MHz", POWER: "mW", THROTTLE_REASONS: ""}
"""Of each counter; the reasons are a mask of the bits below."""

REASONS = {
    0x4: "power limit",
    0x8: "hardware slowdown",
    0x20: "temperature",
    0x40: "temperature",
    0x80: "power brake",
    0x2: "clocks set by the user",
    0x10: "clocks synchronized with other GPUs",
}
"""``nvmlClocksEventReason...`` of nvml.h that hold a clock down while a GPU works; an idle GPU (1) has none of them."""
