"""Turning a trace into files of other formats."""
