"""Which NVTX domains are those of libraries? Their ranges are recorded, and left out of reports unless asked for."""

from __future__ import annotations

from .vocabulary import own_ranges

_LIBRARIES = """
nccl nvshmem ucx
cublas cublaslt cudnn cufft cusolver cusparse cutensor tensorrt
cub cccl thrust raft libraft rmm librmm libcudf cuml kvikio libkvikio dali
"""
"""names of domains, in lower case; a script's own ranges are in the default domain mostly"""


def is_library(domain: str) -> bool:
    """Whether the ranges of a domain are a library's own, or gpu-trace's, which its user did not name."""
    return domain.lower() in (*_LIBRARIES.split(), own_ranges.DOMAIN)
