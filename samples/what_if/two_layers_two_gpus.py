"""The book's network of two layers on two GPUs.

The cases are those of ``two_layers.py``. It needs two GPUs.

    gpu-trace run --dependencies --range measured samples/what_if/two_layers_two_gpus.py --case before --repeats 1

Beside what overlaps on one GPU, the two compute at the same time in **after**.
"""

from __future__ import annotations

from functools import partial

import repetitions
from two_layers import CASES, Network

if __name__ == "__main__":
    repetitions.main(__doc__, partial(Network, devices=2), CASES, gpus=2)
