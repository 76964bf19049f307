"""Which processes are ranks of a job, and what is known of the job?"""

from __future__ import annotations

import pytest

from gpu_trace.recording import assemble
from gpu_trace.recording.ranks import in_run_json


def ranks(folder, **notes: str) -> dict[int, int | None]:
    for pid, text in notes.items():
        (folder / f"notes-{pid[1:]}").write_text(text.replace(" ", "\t").replace(";", "\n"))
    return {left.pid: left.rank for left in assemble.left_by(folder, 10)}


@pytest.mark.parametrize(
    ("notes", "expected"),
    [
        ({"_10": "starts 1;rank 0;world_size 2", "_20": "starts 2;rank 1;world_size 2"}, {10: 0, 20: 1}),
        ({"_10": "starts 1;rank 0", "_20": "starts 2;rank 0"}, {10: 0, 20: None}),
        (
            {"_10": "starts 1;rank 0", "_20": "starts 2;backend gloo;rank 0"},
            {10: None, 20: 0},
        ),  # it only started the job
        ({"_10": "starts 2;backend nccl;rank 0", "_20": "starts 1;backend nccl;rank 0"}, {10: 0, 20: None}),  # again
        ({"_10": "starts 1", "_20": "starts 2"}, {10: None, 20: None}),
    ],
)
def test_one_process_is_the_rank(notes, expected, tmp_path):
    assert ranks(tmp_path, **notes) == expected


WORLD = '[{"pg_name": "0", "pg_desc": "default_pg", "pg_size": 4, "ranks": [0, 1, 2, 3]}]'
WORLD_AND_PAIR = WORLD[:-1] + ', {"pg_name": "2", "pg_desc": "mesh_tp", "pg_size": 2, "ranks": [3, 1]}]'
PLACE = "backend\tgloo\nrank\t{}\nworld_size\t4\n"


def left(folder, *notes: str):
    for pid, text in enumerate(notes, 10):
        (folder / f"notes-{pid}").write_text(f"starts\t{pid}\n{text}")
    return assemble.left_by(folder, 10)


def test_a_run_says_its_ranks_and_each_of_their_groups_once(tmp_path):
    noted = f"groups\t{WORLD}\ngroups\t{WORLD_AND_PAIR}\n"
    processes = left(tmp_path, "", PLACE.format(3) + noted, PLACE.format(1) + noted)
    assert in_run_json(processes, {11: "trace-rank-3.json.gz"}) == {
        "ranks": [
            {"rank": 1, "world_size": 4, "pid": 12, "backend": "gloo", "trace": None},
            {"rank": 3, "world_size": 4, "pid": 11, "backend": "gloo", "trace": "trace-rank-3.json.gz"},
        ],
        "groups": [
            {"name": "0", "description": "default_pg", "size": 4, "ranks": "0-3"},
            {"name": "2", "description": "mesh_tp", "size": 2, "ranks": "1, 3"},
        ],
    }


def test_the_trace_of_a_rank_has_its_groups_as_torch_describes_them(tmp_path):
    cut_short = f"groups\t{WORLD[:20]}\n"
    _, rank, plain = left(tmp_path, "", PLACE.format(3) + cut_short + f"groups\t{WORLD}\n", PLACE.format(1))
    assert (rank.rank, plain.rank) == (1, 3) or (rank.rank, plain.rank) == (3, 1)
    infos = {each.rank: each.distributed_info for each in (rank, plain)}
    assert infos[1] == {"backend": "gloo", "rank": 1, "world_size": 4}
    world = {"pg_name": "0", "pg_desc": "default_pg", "pg_size": 4, "ranks": [0, 1, 2, 3]}
    assert infos[3] == {"backend": "gloo", "rank": 3, "world_size": 4, "pg_config": [world]}


def test_without_ranks_there_is_nothing_to_say(tmp_path):
    assert in_run_json(left(tmp_path, ""), {}) == {"ranks": [], "groups": []}
