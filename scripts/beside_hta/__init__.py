"""gpu-trace beside HTA (Holistic Trace Analysis, PyPI ``traceinsight``): what both cost and say of the same ranks."""
