"""Records of GPUs and of the calls of CUDA, by CUPTI's activity API.

``activities.c`` is built by the install into a library that the recorded process loads; it writes files as CUPTI gives
its records. `records` reads them, and `kineto_rows` writes them as Kineto would have.
"""
