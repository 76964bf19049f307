from __future__ import annotations

import pytest

from gpu_trace_analyzers.readers import load


@pytest.fixture(scope="module", params=["two_streams", "mlp_overlap", "ddp_rank0"])
def both(request, recorded, opened):
    path = recorded(request.param)
    return load(path, operators=True), opened(path)


def test_the_start_view_pins_the_lanes(both):
    trace, shown = both
    shown.screenshot(trace.source.path.rpartition("/")[2].partition(".")[0])
    pinned = shown.page.evaluate("window.app.trace.workspaces.currentWorkspace.pinnedTracks.map(t => t.name)")
    assert any(name.endswith("Compute") for name in pinned)
    assert any(name.endswith("Exposed copy") for name in pinned)


def test_nothing_is_lost_and_nothing_is_an_error(both):
    _, shown = both
    assert shown.complaints() == []


def test_kernels_are_on_the_rows_of_their_streams(both):
    trace, shown = both
    rows = shown.sql(
        "select t.name, count(*), sum(s.dur) from slice s join track t on s.track_id = t.id"
        " where t.type = 'gpu_render_stage' group by t.name order by t.name"
    )
    work, wanted = trace.work, []
    for device, stream in sorted(set(zip(work.device.tolist(), work.stream.tolist(), strict=True))):
        own = work[(work.device == device) & (work.stream == stream)]
        rank = f"rank {trace.devices[device].rank} · " if trace.devices[device].rank >= 0 else ""
        title = f"{rank}GPU {trace.devices[device].index} · stream {stream}"
        wanted.append([title, len(own), int((own.end_ns - own.start_ns).sum())])
    assert rows == sorted(wanted)
