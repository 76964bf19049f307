"""What the summary of a job of many ranks costs, by the ways in which its ranks are read."""
