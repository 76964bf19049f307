"""pyarrow, which an installation may do without until columns are written or read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import UsageError

if TYPE_CHECKING:
    import pyarrow
    import pyarrow.parquet


def arrow() -> pyarrow:
    """The package, with its module ``parquet``. Raises `UsageError` where it is not installed."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise UsageError(f"columns need pyarrow ({error}); run pip install 'gpu-trace[columns]'") from error
    return pyarrow
