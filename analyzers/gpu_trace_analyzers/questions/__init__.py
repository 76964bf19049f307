"""One question per file. A question takes a `Trace` and returns frozen data; it never prints, plots or writes."""
