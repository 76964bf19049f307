"""One way of showing a summary per file. A report takes a `Summary` and returns text; it computes no figure."""
