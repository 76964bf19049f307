"""Why was a device idle? Each gap is cut where its reason changes: first what the host did, then what its work did."""
