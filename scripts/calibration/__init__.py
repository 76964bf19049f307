"""What scripts/calibrate is made of: kinds of work, a clock that runs them together, and the table of results."""
