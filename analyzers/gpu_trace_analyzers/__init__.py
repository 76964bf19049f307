"""Reads traces and answers questions about them: never prints, never plots, never imports torch."""
