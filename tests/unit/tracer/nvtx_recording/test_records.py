"""The reader of NVTX records, against a slow one that keeps stacks, on events in any order and files cut anywhere."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace.boot.nvtx_layout import CHUNK, MAGIC
from gpu_trace.nvtx_recording.records import EVENT, HEADER, EventKind, _paired, read_file


def events_of(rows) -> np.ndarray:
    events = np.zeros(len(rows), EVENT)
    for at, (kind, thread, domain, number) in enumerate(rows):
        events[at]["at_ns"], events[at]["kind"] = 10 * at, kind
        events[at]["thread"], events[at]["domain"], events[at]["range"] = thread, domain, number
    return events


def slow_pairs(events) -> set[tuple[int, int, bool]]:
    """(opening, end, finished) of every range, by keeping a stack for each thread and domain."""
    stacks, started, ended, found = {}, {}, {}, set()
    last_ns = int(events["at_ns"].max()) if len(events) else 0
    for at, event in enumerate(events):
        stack = stacks.setdefault((int(event["thread"]), int(event["range"]), int(event["domain"])), [])
        if event["kind"] == EventKind.PUSH:
            stack.append(at)
        elif event["kind"] == EventKind.POP and stack:
            found.add((stack.pop(), int(event["at_ns"]), True))
        elif event["kind"] == EventKind.START:
            started[int(event["range"])] = at
        elif event["kind"] == EventKind.END and int(event["range"]) in started:
            found.add((started.pop(int(event["range"])), int(event["at_ns"]), True))
        elif event["kind"] == EventKind.MARK:
            found.add((at, int(event["at_ns"]), True))
        elif event["kind"] == EventKind.THREAD_END:
            ended[int(event["range"])] = int(event["at_ns"])
    left = [(at, ended.get(number, last_ns)) for (_, number, _), stack in stacks.items() for at in stack]
    return found | {(at, end_ns, False) for at, end_ns in [*left, *((at, last_ns) for at in started.values())]}


def threads_with_one_id(draw, thread: int) -> list[tuple[int, int, int, int]]:
    """What they do, one after another, each with a number of its own; all but the last have ended."""
    rows = []
    for number in range(10 * thread, 10 * thread + draw(st.integers(1, 3))):
        rows += [(EventKind.THREAD_END, thread, 0, number - 1)] * bool(rows)
        doing = st.tuples(st.sampled_from([EventKind.PUSH, EventKind.POP, EventKind.MARK]), st.integers(0, 2))
        rows += [(kind, thread, domain, number) for kind, domain in draw(st.lists(doing, min_size=1, max_size=8))]
    return rows


@st.composite
def event_lists(draw):
    threads = {thread: threads_with_one_id(draw, thread) for thread in (1, 2)}
    turns = draw(st.permutations([thread for thread, doing in threads.items() for _ in doing]))
    doing = {thread: iter(rows) for thread, rows in threads.items()}
    rows = [next(doing[thread]) for thread in turns]
    for number in draw(st.lists(st.integers(1, 9), unique=True, max_size=4)):
        start = draw(st.integers(0, len(rows)))
        rows.insert(start, (EventKind.START, draw(st.integers(1, 2)), 0, number))
        if draw(st.booleans()):
            rows.insert(draw(st.integers(start + 1, len(rows))), (EventKind.END, draw(st.integers(1, 2)), 0, number))
    return events_of(rows)


@given(event_lists())
def test_every_range_ends_where_a_stack_says(events):
    opening, _, end_ns, finished = _paired(events)
    assert set(zip(opening.tolist(), end_ns.tolist(), finished.tolist(), strict=True)) == slow_pairs(events)
    assert len(opening) == len(slow_pairs(events))


def test_a_new_thread_with_the_id_of_a_dead_one_may_lie_before_it_in_the_file():
    events = events_of(
        [
            (EventKind.PUSH, 1, 0, 2),
            (EventKind.POP, 1, 0, 2),
            (EventKind.PUSH, 1, 0, 1),
            (EventKind.PUSH, 1, 0, 1),
            (EventKind.THREAD_END, 1, 0, 1),
        ]
    )
    events["at_ns"] = [100, 110, 0, 10, 50]
    opening, _, end_ns, finished = _paired(events)
    found = dict(zip(opening.tolist(), zip(end_ns.tolist(), finished.tolist(), strict=True), strict=True))
    assert found == {0: (110, True), 2: (50, False), 3: (50, False)}


def written(folder, events) -> bytes:
    header = HEADER.pack(MAGIC, 1, 7, CHUNK, EVENT.itemsize, 2, 0).ljust(CHUNK, b"\0")
    data = header + events.tobytes()
    (folder / "nvtx-7-0.events").write_bytes(data)
    return data


def test_a_file_cut_anywhere_gives_its_whole_events(tmp_path):
    data = written(tmp_path, events_of([(EventKind.MARK, 1, 0, 0)] * 5))
    path = tmp_path / "nvtx-7-0.events"
    for length in [0, 1, HEADER.size - 1, HEADER.size, CHUNK, CHUNK + 47, CHUNK + 48, CHUNK + 100, len(data)]:
        path.write_bytes(data[:length])
        found = read_file(path)
        assert (len(found) if found else 0) == max(0, length - CHUNK) // 48


@pytest.mark.parametrize("data", [b"", b"no records at all", b"GTNVTX\r\n", bytes(100_000)])
def test_other_files_are_left_out(data, tmp_path):
    path = tmp_path / "nvtx-1-0.events"
    path.write_bytes(data)
    assert read_file(path) is None


def test_an_event_that_was_never_finished_is_left_out(tmp_path):
    events = events_of([(EventKind.MARK, 1, 0, 0)] * 3)
    events["kind"][1] = 0
    written(tmp_path, events)
    found = read_file(tmp_path / "nvtx-7-0.events")
    assert found is not None
    assert found.end_ns.tolist() == [0, 20]
