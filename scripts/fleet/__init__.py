"""Jobs of many ranks, simulated from recordings of two: no module here imports what analyzes them."""
