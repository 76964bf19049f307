"""Which process is a rank of a job, where several have its environment?"""

from __future__ import annotations

import pytest

from gpu_trace.recording import assemble


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
