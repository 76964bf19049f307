"""gpu-trace: is the copying hidden behind the computing, and if not, why?"""

from ._version import VERSION as __version__

__all__ = ["__version__"]
