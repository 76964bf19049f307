"""What is kept of each rank of a job: columns, a row per rank, step, collective or loss.

Times are int64 nanoseconds since 1970 on the clock of the rank's own host, as its trace has them; `clocks` says how far
the clocks of hosts are apart. Texts are codes into the strings of the `Partial` that has the table.
"""

from __future__ import annotations

from dataclasses import dataclass

from ...columns import Columns, Int64, Text


@dataclass(frozen=True, slots=True, eq=False)
class Ranks(Columns):
    """A row per rank that could be read, in order of ranks.

    ``window_ns`` is the rank's own steady window, without what was not recorded: compute, collectives, copies, other
    work and time without an operation add up to it exactly, as in the account of one device. Of a rank with several
    devices all are sums over them.
    """

    rank: Int64
    world_size: Int64
    """as the trace says; `MISSING` where it does not"""
    host: Text
    """the name of its machine; `MISSING` where the trace does not say"""
    path: Text
    """of its file, relative to the run"""
    device: Text
    """the names of its devices"""
    devices: Int64
    """how many of them did anything"""
    events: Int64
    began_ns: Int64
    """its first event"""
    ended_ns: Int64
    """the end of its last event"""
    steps: Int64
    """how many its window is of; 0 where steps did not decide"""
    warm_up_steps: Int64
    """left out before them"""
    window_ns: Int64
    compute_ns: Int64
    collective_ns: Int64
    """exposed: while nothing computed"""
    copy_ns: Int64
    """exposed"""
    other_ns: Int64
    idle_ns: Int64
    copying_ns: Int64
    """its copy engines were busy, hidden or not"""
    hidden_ns: Int64
    """the part of that in which it also computed"""
    collectives: Int64
    """how many it has in its window"""
    collectives_kept: Int64
    """how many of these are rows of `Collectives`"""
    damaged: Text
    """what is wrong with its file, as far as it could be read; `MISSING` for nothing"""


@dataclass(frozen=True, slots=True, eq=False)
class Losses(Columns):
    """A row per rank, owner and cause: they add up to the window less the compute time."""

    rank: Int64
    owner: Text
    """as `vocabulary.losses.Owner` spells it"""
    cause: Text
    ns: Int64
    at_most_ns: Int64
    count: Int64


@dataclass(frozen=True, slots=True, eq=False)
class Steps(Columns):
    """A row per rank and step of its window, in order of ranks and steps.

    Long recordings keep the first `of_rank.MOST_STEPS` of each rank.
    """

    rank: Int64
    step: Int64
    start_ns: Int64
    """on the devices"""
    end_ns: Int64
    compute_ns: Int64
    """any of its devices computed"""
    collective_ns: Int64
    """exposed collectives"""
    idle_ns: Int64
    """no operation"""
    host_ns: Int64
    """of the host: from the begin of the step's first launch to the end of its last, without calls that block"""
    launches: Int64
    """launching calls in it"""
    kernels: Int64
    """what it launched that computes"""
    kernels_digest: Int64
    """equal for steps that launched the same ones: as many of the same names, grids and blocks; `MISSING` if a grid is
    not known"""


@dataclass(frozen=True, slots=True, eq=False)
class Collectives(Columns):
    """A row per rank and collective of its window that has a number in its group, in order of ranks and starts."""

    rank: Int64
    group: Text
    """its process group, as the trace names it, with the ranks that it lists: groups of one name may have others"""
    sequence: Int64
    """its number in the group: the same one has the same number on all ranks"""
    name: Text
    start_ns: Int64
    end_ns: Int64
    size: Int64
    """bytes of the message; `MISSING` if the trace does not say"""
    step: Int64
    """the step of `Steps` in which it began; `MISSING` outside all"""
    launched_ns: Int64
    """its launch on the host; `MISSING` where the trace does not have it"""
    compute_ns: Int64
    """how long the devices computed what was launched between the collective before it and it; `MISSING` for the first
    of the window, as in the next two"""
    host_ns: Int64
    """the host's own time between these two launches, without calls that block and without waiting for data"""
    data_ns: Int64
    """how long the host waited for its next batch between them"""
    exposed_ns: Int64
    """how long before its end it had the device alone, for one reason as far as its own rank knows"""
    exposed_cause: Text
    """that reason, a cause of `vocabulary.losses`; `MISSING` if it was never exposed"""
    behind: Int64
    """the place, among the rows of its rank, of the collective before it on its stream; `MISSING` for none"""
    released_by: Int64
    """the place of the last collective before it that its devices waited for: nothing computed in its last moment"""
    device_ns: Int64
    """how long its devices computed from then until it could begin"""
    resumed_ns: Int64
    """when the host launched what the devices went on with last, after they had waited for a collective or the host"""
    tail_ns: Int64
    """how long the devices computed from then until it could begin"""
    host_released_by: Int64
    """the place of the last collective that had ended when the host last came out of a call that blocks before that
    launch; `MISSING` where the host did not wait for any"""


@dataclass(frozen=True, slots=True, eq=False)
class Groups(Columns):
    """A row per rank and process group whose collectives it called, in its window."""

    rank: Int64
    group: Text
    """with its ranks as the trace lists them, possibly cut short by Kineto (``[0, 1, ..., 63]``)"""
    size: Int64
    """how many ranks the group has, as this rank's trace lists them; `MISSING` where it does not"""
    first_rank: Int64
    """the lowest of them, and the highest; `MISSING` where the trace does not list them"""
    last_rank: Int64
    belongs: Int64
    """1 if this rank is one of them, 0 if it is not, `MISSING` where that is not known"""
    calls: Int64
    busy_ns: Int64
    """its collectives of this group were under way"""
    first_sequence: Int64
    last_sequence: Int64


@dataclass(frozen=True, slots=True, eq=False)
class Operations(Columns):
    """The longest single operations of the job, in that order; of equals that of the lowest rank, then the first.

    Collectives are not among them: those are as long as they wait for other ranks.
    """

    rank: Int64
    start_ns: Int64
    ns: Int64
    name: Text
    engine: Text


@dataclass(frozen=True, slots=True, eq=False)
class Lengths(Columns):
    """How long operations are: a row per engine and bucket of `histogram`, with all ranks added up."""

    engine: Text
    bucket: Int64
    """the number of the bucket"""
    count: Int64
    ns: Int64


@dataclass(frozen=True, slots=True, eq=False)
class Unreadable(Columns):
    """A row per file that could not be read, in order of paths."""

    rank: Int64
    """as its name says; `MISSING` where it does not"""
    path: Text
    problem: Text
    """the sentence that `gpu-trace summary` prints for it"""
