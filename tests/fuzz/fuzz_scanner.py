"""Feeds mutated blocks to the C library that reads events, built with sanitizers: it must stay within them.

What it takes of a block must be what Python's decoder finds there.

    python tests/fuzz/fuzz_scanner.py 600    # seconds
"""

from __future__ import annotations

import gzip
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "analyzers/gpu_trace_analyzers/readers/chrome/compiled"
LIBRARY = "FUZZ_LIBRARY"
_LENGTH = 1500


def built(folder: Path) -> Path:
    """The library, which says at once where it reads or writes beside what is its own."""
    library = folder / "_scanner.so"
    checks = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
    sources = sorted(map(str, SOURCES.glob("*.c")))
    subprocess.run(["cc", "-std=c11", "-g", "-O1", *checks, "-shared", "-fPIC", "-o", library, *sources], check=True)
    return library


def environment(library: Path) -> dict[str, str]:
    """Of a Python each of whose blocks has memory of its own, which the sanitizer watches."""
    sanitizer = subprocess.run(["cc", "-print-file-name=libasan.so"], capture_output=True, text=True, check=True)
    watched = {"LD_PRELOAD": sanitizer.stdout.strip(), "PYTHONMALLOC": "malloc", "ASAN_OPTIONS": "detect_leaks=0"}
    paths = ":".join(str(ROOT / name) for name in ("analyzers", "tracer", "tests"))
    return {**os.environ, **watched, "PYTHONPATH": paths, LIBRARY: str(library)}


def seeds() -> list[bytes]:
    """Pieces of recorded traces that begin with an event."""
    from scanner_agreement import SPAN

    found = [f"{SPAN},\n{SPAN},\n{{".encode()]
    for path in sorted((ROOT / "samples/traces").rglob("*.json.gz")):
        content = gzip.decompress(path.read_bytes())
        for at in range(0, len(content), max(_LENGTH, len(content) // 20)):
            begins = [place for mark in (b'{\n    "ph"', b'{"ph"') if (place := content.find(mark, at)) >= 0]
            found += [content[begin : begin + _LENGTH] for begin in begins[:1]]
    return found


def mutated(block: bytes, chance: random.Random) -> bytes:
    """A block with up to three changes, and perhaps without its end."""
    from scanner_agreement import INSERTED

    for _ in range(chance.randrange(4)):
        at = chance.randrange(len(block) + 1)
        inserted = chance.choice([b"", bytes([chance.randrange(256)]), *INSERTED])
        block = block[:at] + inserted + block[at + chance.randrange(4) :]
    return block[: chance.randrange(len(block) + 1)] if chance.random() < 0.3 else block


def fuzz(seconds: float) -> None:
    """Feed blocks for so long."""
    from gpu_trace_analyzers.readers.chrome.compiled.library import loaded_library
    from scanner_agreement import Both

    library = loaded_library(Path(os.environ[LIBRARY]))
    both = [Both(operators, library) for operators in (False, True)]
    texts, chance, counts = seeds(), random.Random(time.time_ns()), [0, 0]
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        block = mutated(chance.choice(texts), chance)
        counts[0] += 1
        counts[1] += chance.choice(both).agree_on(block)
    print(f"{counts[0]:,} blocks, of which {counts[1]:,} were taken")


def main(arguments: list[str]) -> int:
    """Fuzz in a Python that has the sanitizer."""
    if LIBRARY in os.environ:
        fuzz(float(arguments[1]))
        return 0
    with tempfile.TemporaryDirectory() as folder:
        watched = environment(built(Path(folder)))
        return subprocess.run([sys.executable, *arguments], env=watched, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv))
