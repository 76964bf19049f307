"""The laboratory: every experiment of samples/, on the machine it is on, by the clock and by the trace, on one page."""
