"""What HTA says of a folder of ranks, by its documented calls; the last line of the output is that, as JSON.

It runs in an environment that has HTA and nothing of gpu-trace.
"""

import json
import sys
from importlib.metadata import version

from hta.trace_analysis import TraceAnalysis

analysis = TraceAnalysis(trace_dir=sys.argv[1])
breakdown = analysis.get_temporal_breakdown(visualize=False).set_index("rank")
overlap = analysis.get_comm_comp_overlap(visualize=False).set_index("rank")["comp_comm_overlap_pctg"]
try:
    stragglers: object = analysis.get_potential_stragglers()
except Exception as error:  # where it finds no kernel that it knows
    stragglers = f"{type(error).__name__}: {error}"


def extremes(values):
    """The two ranks with most, and the median of all."""
    ordered = values.sort_values(ascending=False)
    most = ", ".join(f"rank {rank} {value:g}" for rank, value in ordered.head(2).items())
    return f"{most}; median {values.median():g}"


print(
    json.dumps(
        {
            "versions": f"traceinsight {version('traceinsight')}, pandas {version('pandas')}",
            "get_temporal_breakdown, idle_time_pctg": extremes(breakdown["idle_time_pctg"]),
            "get_temporal_breakdown, compute_time_pctg": extremes(breakdown["compute_time_pctg"]),
            "get_temporal_breakdown, non_compute_time_pctg": extremes(breakdown["non_compute_time_pctg"]),
            "get_comm_comp_overlap": extremes(overlap),
            "get_potential_stragglers": str(stragglers),
        }
    )
)
