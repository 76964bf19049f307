"""What reports call the causes of a job's losses.

The titles of a device's losses may say more, such as for which rank it waited. A job adds up ranks, of which each may
have another title, so its causes have one name each.
"""

from __future__ import annotations

CAUSE_NAMES = {
    "allocating": "host in an allocation or free",
    "compiling": "host compiling",
    "compute_waited": "next kernel waited on an event",
    "copy_bound": "the link is the limit",
    "copy_d2d": "copies inside the device",
    "copy_d2h": "device-to-host copies",
    "copy_h2d": "host-to-device copies",
    "copy_p2p": "peer-to-peer copies",
    "copy_waited": "copy waited on an event",
    "event": "waiting on an event",
    "garbage_collection": "Python garbage collection",
    "head_or_tail": "before first or after last operation",
    "host_allocated": "host blocked in an allocation or free",
    "host_gil": "another thread held the GIL",
    "host_synchronized": "host blocked in a synchronizing call",
    "host_unobserved": "host busy, not recorded with what",
    "inside_operator": "part of an operator that computes",
    "launch_bound": "host launching too slowly",
    "launched_late": "next kernel launched too late",
    "lost_kernels": "kernels missing from the trace",
    "lost_nodes": "graph nodes missing from the trace",
    "memset": "memsets",
    "migrated": "unified memory migrated",
    "no_compute_left": "no compute left to overlap with",
    "order": "launched behind other compute",
    "other_device": "waiting for another device",
    "pageable": "pageable host memory",
    "profiler": "profiler overhead",
    "queued": "between launch and start",
    "same_stream": "same stream as compute",
    "start_up": "loading code at its first use",
    "synchronized": "host late after a synchronizing call",
    "synchronous": "synchronous call",
    "transfer": "transfer between ranks",
    "unknown": "cause not seen",
    "waiting_for_copy": "waiting on the event of a copy",
    "waiting_for_data": "waiting for the next batch",
    "waiting_for_rank": "waiting for other ranks",
}
