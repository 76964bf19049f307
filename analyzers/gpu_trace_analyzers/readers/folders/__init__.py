"""Folders of traces: which files count, which of them are one run, and which job they are of."""
