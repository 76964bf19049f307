"""The engine that each operation occupies, and how much of it."""

from __future__ import annotations

from dataclasses import replace

from gpu_trace_analyzers.model import Device, Engine
from gpu_trace_analyzers.whatif.servers import before_each, engine_of_each, server_of, shares
from gpu_trace_analyzers.whatif.window import part
from known import edges, measured, nothing_known
from literal import literal
from measured_gpus import on


def test_copies_work_beside_the_multiprocessors_each_direction_by_itself():
    kinds = ["k", "memset", "d2d", "h2d", "d2h", "p2p", "nccl", "h2d"]
    text = "; ".join(f"s{k} {kind} {k}0-{k}9 @{k}" for k, kind in enumerate(kinds, 1))
    assert engine_of_each(measured("range measured 0-99;" + text)).tolist() == [0, 0, 0, 1, 2, 3, 4, 1]


def test_each_device_has_engines_of_its_own():
    chosen = measured("range measured 0-99; k 10-20 @1; gpu1 k 10-20 @2; gpu1 h2d 10-20 @3")
    assert engine_of_each(chosen).tolist() == [server_of(0, Engine.COMPUTE), 5, 6]
    assert server_of(1, Engine.COPY_H2D) == 6


def test_a_kernel_fills_as_much_as_its_blocks_do_and_a_copy_its_engine():
    text = "range measured 0-99; k 10-20 @1 grid=[25,1,1] block=[1024,1,1]; k 20-30 @2; h2d 10-20 @3 size=4"
    chosen = part(on(literal(text), multiprocessors=100), "measured")
    assert shares(chosen).tolist() == [0.25, 1.0, 1.0]  # of the second kernel nothing is known


def test_shares_are_of_the_device_that_the_kernel_runs_on():
    text = (
        "range measured 0-99; k 10-20 @1 grid=[25,1,1] block=[1024,1,1]; gpu1 k 10-20 @2 grid=[25,1,1] block=[1024,1,1]"
    )
    trace = literal(text)
    devices = (Device("gpu", 0, multiprocessors=100), Device("gpu", 1, multiprocessors=50))
    assert shares(part(replace(trace, devices=devices), "measured")).tolist() == [0.25, 0.5]


def test_an_operation_waits_for_all_that_it_depends_on():
    chosen = measured("range measured 0-99; k 10-20 @1; k 20-30 @2; k 30-40 @3")
    assert before_each(nothing_known(chosen.rows, edges=edges((0, 1), (0, 2), (1, 2)))) == [[], [0], [0, 1]]
