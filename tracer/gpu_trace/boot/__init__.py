"""What runs inside the user's process: it starts, pauses and ends the recording, and otherwise keeps out of sight.

Here nothing of ours is imported but the neighbours in this folder (as ``_gpu_trace_boot``), and nothing of others but
torch once the script itself has imported it. Modules that a bare interpreter has not loaded are not loaded before
that either, typing among them: a script's own ``queue.py`` must stay the ``queue`` that it gets.
"""
