"""What is wrong with a job? A module for each kind of finding, each of which finds nothing in a job that has none."""
