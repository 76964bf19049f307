"""A trace as Parquet files, and back: a folder of columns has a part for each trace of a run."""
