"""Records a part of the process that gpu-trace itself is in: `record` as a ``with`` block, a decorator, a cell magic.

It does what the recorder in a script's process does (``boot/``), from inside, and undoes it at the end of the block.
"""
