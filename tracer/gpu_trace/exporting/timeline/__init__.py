"""What the timeline of every format shows: lanes and their titles, findings, counters, and ids that are unique."""
