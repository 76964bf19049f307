"""Showing a trace in the Perfetto UI of the user's own browser."""
