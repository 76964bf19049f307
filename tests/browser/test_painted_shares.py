"""What a lane shows as busy is its figure, at every zoom: its pixels are held against sums of the trace's own times."""

from __future__ import annotations

import pytest

from gpu_trace_analyzers.model import Engine
from gpu_trace_analyzers.readers import load
from report_pages import TRACES, page_of

# No names, which are of the color of the ground, and no edges between spans, which are of none.
BARE = """
CanvasRenderingContext2D.prototype.fillText = () => {};
addEventListener("DOMContentLoaded", () => document.documentElement.style.setProperty("--edge", "transparent"));
"""
# Of each lane (a band of rows without any gap) the share of its pixels that is painted: of a pixel whose color is half
# that of the lane and half the ground's, half.
PAINTED = """() => {
  const canvas = document.querySelector("canvas"), left = 168, wide = canvas.width - left, bands = [];
  const { data } = canvas.getContext("2d").getImageData(left, 0, wide, canvas.height);
  const solid = (y) => {
    for (let x = 0; x < wide; x++) if (data[4 * (y * wide + x) + 3] < 255) return false;
    return true;
  };
  for (let y = 0, rows = 0; y <= canvas.height; y++) {
    if (y < canvas.height && solid(y)) { rows++; continue; }
    if (rows > 10) bands.push([y - rows, rows]);
    rows = 0;
  }
  const one = new OffscreenCanvas(1, 1).getContext("2d"), style = getComputedStyle(canvas);
  const rgb = (name) => {
    one.fillStyle = style.getPropertyValue("--" + name);
    one.fillRect(0, 0, 1, 1);
    return [...one.getImageData(0, 0, 1, 1).data].slice(0, 3);
  };
  const groups = JSON.parse(document.getElementById("data").textContent).groups;
  const lanes = groups.flatMap((group) => group.lanes.map((lane) => ({ device: group.device, ...lane })));
  if (bands.length !== lanes.length) throw new Error(`${bands.length} bands of ${lanes.length} lanes`);
  return lanes.map(({ device, name, kind }, lane) => {
    const [top, rows] = bands[lane], ground = rgb("lane"), way = rgb(kind).map((part, i) => part - ground[i]);
    const length = way.reduce((sum, part) => sum + part * part, 0);
    let painted = 0;
    for (let p = 4 * top * wide; p < 4 * (top + rows) * wide; p += 4) {
      const along = way.reduce((sum, part, i) => sum + part * (data[p + i] - ground[i]), 0) / length;
      painted += Math.min(1, Math.max(0, along));
    }
    return { device, name, kind, share: painted / rows / wide };
  });
}"""
ENGINES = {
    "compute": (Engine.COMPUTE,),
    "collectives": (Engine.COLLECTIVE,),
    "copy H2D": (Engine.COPY_H2D,),
    "copy D2H": (Engine.COPY_D2H,),
    "copy D2D": (Engine.COPY_D2D,),
    "memset": (Engine.MEMSET,),
}
COPIES = (Engine.COPY_H2D, Engine.COPY_D2H, Engine.COPY_P2P)


def union(pairs):
    found = []
    for start, end in sorted(pairs):
        if found and start <= found[-1][1]:
            found[-1][1] = max(found[-1][1], end)
        elif end > start:
            found.append([start, end])
    return found


def length(pairs):
    return sum(end - start for start, end in union(pairs))


def clipped(pairs, since, until):
    return [(max(start, since), min(end, until)) for start, end in pairs if start < until and end > since]


class Times:
    """When the operations of a trace ran, in ns after the first of them."""

    def __init__(self, trace):
        work = trace.work
        zero = int(work.start_ns.min())
        columns = (work.device, work.engine, work.start_ns - zero, work.end_ns - zero)
        self.rows = [*zip(*(column.tolist() for column in columns), strict=True)]

    def of(self, device, engines, view):
        return clipped([(s, e) for d, engine, s, e in self.rows if d == device and engine in engines], *view)

    def share(self, lane, view):
        device, kind = lane["device"], lane["kind"]
        if kind == "lost-idle":
            everything = [(s, e) for d, _, s, e in self.rows if d == device]
            spans = clipped([(min(s for s, _ in everything), max(e for _, e in everything))], *view)
            ns = length(spans) - length(clipped(everything, *view))
        elif kind.startswith("lost-"):
            lost = self.of(device, COPIES if kind == "lost-copy" else (Engine.COLLECTIVE,), view)
            compute = self.of(device, (Engine.COMPUTE,), view)
            ns = length([*lost, *compute]) - length(compute)
        else:
            ns = length(self.of(device, ENGINES[lane["name"]], view))
        return ns / (view[1] - view[0])


def view(page):
    return tuple(int(page.get_attribute("#timeline", f"data-view-{end}-ns")) for end in ("start", "end"))


def drawn(page):
    page.wait_for_function("""() => {
      const { viewStartNs, viewEndNs } = document.getElementById("timeline").dataset;
      const { from, to } = document.querySelector("canvas").dataset;
      return from === viewStartNs && to === viewEndNs;
    }""")
    return page.evaluate(PAINTED)


@pytest.mark.parametrize(
    "name", ["seed_nonblocking", "two_streams", "ddp_rank0", "two_h200/ddp", "limits_h200/kernels_adam"]
)
def test_the_painted_share_of_each_lane_is_its_figure_at_three_zooms(shown, name):
    path = TRACES / name
    trace = load(path if path.is_dir() else f"{path}.json.gz")
    times, page = Times(trace), shown(page_of(trace), before=BARE)
    for clicks in (0, 3, 5):
        for _ in range(clicks):
            page.click("[data-do=in]")
        lanes = [lane for lane in drawn(page) if lane["device"] is not None]
        assert {lane["kind"] for lane in lanes} >= {"engine-compute", "lost-idle"}
        for lane in lanes:
            figure = times.share(lane, view(page))
            assert abs(lane["share"] - figure) < max(0.01 * figure, 0.0003), (view(page), lane, figure)


def words(percent):
    little, much = 0 < percent < 0.05, 99.95 <= percent < 100
    return "<0.1 %" if little else ">99.9 %" if much else f"{percent:.1f} %"


def test_the_share_beside_a_lane_is_of_the_time_in_view(shown):
    trace = load(TRACES / "ddp_rank0.json.gz")
    page = shown(
        page_of(trace),
        before="""
      const fill = CanvasRenderingContext2D.prototype.fillText;
      CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
        (window.texts ??= []).push(text);
        fill.call(this, text, x, y);
      };""",
    )
    times = Times(trace)
    for _ in range(3):
        page.evaluate("window.texts = []")
        page.click("[data-do=in]")
        lanes = drawn(page)
        texts = page.evaluate("texts")
        shares = {lane: texts[texts.index(lane) + 1] for lane in ("compute", "idle")}
        for lane in lanes:
            if lane["name"] in shares and lane["device"] == 0:
                figure = 100 * times.share(lane, view(page))
                assert shares[lane["name"]] == words(figure)


def test_where_all_takes_long_the_rest_is_drawn_a_moment_later_and_is_the_same(shown):
    trace = load(TRACES / "two_h200/ddp")
    slow = """
      const clear = CanvasRenderingContext2D.prototype.clearRect;
      CanvasRenderingContext2D.prototype.clearRect = function (...area) {
        for (const end = performance.now() + 10; performance.now() < end;);
        clear.apply(this, area);
      };"""
    small = {"width": 1280, "height": 200}  # of which nothing of the timeline is seen
    found = []
    for before in (BARE, BARE + slow):
        page = shown(page_of(trace), small, before=before)
        page.evaluate("document.querySelector('[data-do=in]').click()")
        found.append(drawn(page))
    assert found[0] == found[1]
