"""The processes that scripts/bench_after_recording.py measures, and the trials that it makes of leaving CUPTI."""
