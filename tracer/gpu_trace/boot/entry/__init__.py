"""A folder for ``PYTHONPATH``, with nothing in it but ``sitecustomize.py``, which Python imports before the script."""
