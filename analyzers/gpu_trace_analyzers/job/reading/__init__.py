"""The ranks of a job are found and read, each alone: here, by several processes or by a cluster, to the same bytes."""
