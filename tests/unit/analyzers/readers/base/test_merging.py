"""Several traces as one."""

from __future__ import annotations

from dataclasses import replace

from gpu_trace_analyzers.model import MISSING
from gpu_trace_analyzers.readers.base.merging import merge
from literal import literal


def test_counters_keep_their_names_devices_and_processes_and_move_with_their_clock():
    one = literal("k 0-90; counter SM_clock 0-5 1980 MHz gpu0; counter SM_clock 5-90 1400 MHz gpu0")
    other = literal("k 0-90; counter power 10-95 700 W gpu0; counter memory_allocated 3-9 5 bytes t1")
    merged = merge("job", [replace(one, epoch_ns=100), replace(other, epoch_ns=150)])
    merged.check()
    counters = merged.counters
    names = [(merged.text(name), merged.text(unit)) for name, unit in zip(counters.name, counters.unit, strict=True)]
    assert names == [("SM clock", "MHz"), ("SM clock", "MHz"), ("memory allocated", "bytes"), ("power", "W")]
    assert (counters.start_ns.tolist(), counters.end_ns.tolist()) == ([0, 5, 53, 60], [5, 90, 59, 145])
    assert (counters.device.tolist(), counters.process.tolist()) == ([0, 0, MISSING, 1], [0, 0, 1, 1])
    assert (counters.value.tolist(), counters.thread.tolist()) == ([1980, 1400, 5, 700], [MISSING, MISSING, 1, MISSING])
