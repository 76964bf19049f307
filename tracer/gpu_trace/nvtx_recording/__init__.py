"""NVTX of all its clients: the library that NVTX loads (``injection.c``), and what becomes of its records.

environment   what the script's process needs so that NVTX finds the library
records       the files that the library leaves, as columns
payloads      what the binary payloads in them say, by the schemas of who made them
nccl          what NCCL's ranges say of its collectives
rows          those columns as rows of a Chrome JSON trace
"""
