"""The experiments of the book in MXNet: its engine knows every dependency, so what runs in parallel by itself?

Two CPU devices, ``cpu(0)`` and ``cpu(1)``, replace the book's devices. MXNet gives each a queue and workers of its own.
Calls return immediately; ``waitall`` waits. MXNet's own profiler writes the dump, which gpu-trace reads:

    python compute_and_copy.py
    gpu-trace summary dump.json

Look for these in the trace:

- **first**, **second**, **both**: products on cpu(0), on cpu(1), and on both, launched back to back: "devices at once".
- **compute_then_copy**: products on cpu(0), then each is copied to cpu(1). **interleaved** enqueues a copy right after
  its product, and the copy depends on that product only. The engine can copy a product while it computes the next. The
  trace shows whether it does. That depends on the workers of cpu(0): MXNET_CPU_WORKER_NTHREADS, 1 by default.

README.md describes how to install an MXNet that still runs.
"""

import argparse
import os
import time

os.environ.setdefault("OMP_NUM_THREADS", "1")  # a core for each worker; read when MXNet is loaded

from mxnet import np, npx, profiler

npx.set_np()


def products(x, count):
    return [np.dot(x, x) for _ in range(count)]


def first(x0, _, count):
    return products(x0, count)


def second(_, x1, count):
    return products(x1, count)


def both(x0, x1, count):
    return products(x0, count) + products(x1, count)


def compute_then_copy(x0, x1, count):
    return [y.copyto(x1.ctx) for y in products(x0, count)]


def interleaved(x0, x1, count):
    return [np.dot(x0, x0).copyto(x1.ctx) for _ in range(count)]


VARIANTS = {
    "first": first,
    "second": second,
    "both": both,
    "compute_then_copy": compute_then_copy,
    "interleaved": interleaved,
}


def wall_ms(variant, x0, x1, count):
    """Wall clock in ms, from idle to idle; every result must be the product."""
    npx.waitall()
    began = time.perf_counter()
    results = variant(x0, x1, count)
    npx.waitall()
    took_ms = (time.perf_counter() - began) * 1e3
    expected = x0.asnumpy() @ x0.asnumpy()
    assert all(abs(y.asnumpy() - expected).max() < 1e-3 * abs(expected).max() for y in results), "a wrong result"
    return took_ms


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--variant", action="append", choices=list(VARIANTS), help="can be repeated  [default: all]")
    parser.add_argument("--size", type=int, default=1500, help="size of the square matrices")
    parser.add_argument("--products", type=int, default=8)
    parser.add_argument("--dump", default="dump.json", help="the file that the profiler writes")
    options = parser.parse_args()
    x0 = np.random.uniform(size=(options.size, options.size), ctx=npx.cpu(0))
    x1 = x0.copyto(npx.cpu(1))
    both(x0, x1, 1)
    npx.waitall()
    profiler.set_config(profile_imperative=True, filename=options.dump)
    profiler.set_state("run")
    for name in options.variant or VARIANTS:
        print(f"{name:22}{wall_ms(VARIANTS[name], x0, x1, options.products):10.1f} ms", flush=True)
    profiler.set_state("stop")
    profiler.dump()


if __name__ == "__main__":
    main()
