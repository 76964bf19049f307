"""Native Perfetto traces."""

from .export import export_perfetto, perfetto_packets

__all__ = ["export_perfetto", "perfetto_packets"]
