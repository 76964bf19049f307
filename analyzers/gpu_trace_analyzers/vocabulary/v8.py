"""The words of V8's sampled stacks in Chrome's JSON, as far as gpu-trace writes and reads them.

An event ``Profile`` announces a profile. Its samples follow in events ``ProfileChunk``, each with those nodes of the
tree of calls that no earlier chunk had. V8 counts lines from 0, and times in whole microseconds; gpu-trace adds its
own. https://chromedevtools.github.io/devtools-protocol/tot/Profiler/#type-Profile
"""

from __future__ import annotations

PHASE = "P"
CATEGORY = "disabled-by-default-v8.cpu_profiler"
PROFILE = "Profile"
CHUNK = "ProfileChunk"

OWN = "gpuTrace"
"""under which a chunk has, for each of its samples, what V8 has no key for"""

NO_STACK = 1
"""The node of samples whose stack could not be read. That of a frame is its position in ``stack_frames``, above it."""
FIRST_FRAME = 2
