"""Chrome JSON, with Kineto's categories and arguments."""

from .export import chrome_events, export_chrome

__all__ = ["chrome_events", "export_chrome"]
