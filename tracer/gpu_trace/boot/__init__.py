"""What runs inside the user's process: it starts, pauses and ends the recording, and otherwise keeps out of sight.

Its modules import nothing of gpu-trace except their neighbors in this folder (as ``_gpu_trace_boot``), and no other
package except torch, once the script itself has imported it. Modules that a bare interpreter has not loaded, such as
typing, are not loaded before that either: a script's own ``queue.py`` must stay the ``queue`` that it gets.
"""
