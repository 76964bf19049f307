"""The Python stacks of a recorded process, sampled from outside it.

``sampler.c`` and its neighbors are built by the install into a library that gpu-trace itself loads, never the recorded
process. `library` starts it, `records` reads its files, `places` makes frames of them, and `chrome_rows` writes rows.
"""
