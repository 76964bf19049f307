"""What is a started process called?"""

from __future__ import annotations

import pytest

from gpu_trace.boot.names import of_command


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("worker.py --lr 1", "worker.py"),
        ("-u -X dev /a/b/worker.py", "worker.py"),
        ("-Wignore -m package.worker -m x", "package.worker"),
        ("-c pass -m x", "python -c"),
        ("- x", "python"),
        ("", "python"),
        ("-m", "python"),
    ],
)
def test_it_has_the_name_of_its_script_or_module(command, name):
    assert of_command(command.split()) == name
