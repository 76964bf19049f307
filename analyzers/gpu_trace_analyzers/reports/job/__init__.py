"""A job of many ranks, for people and for programs: a screen for any number of ranks, a page, and `gpu-trace.job/1`.

Each module is one subject, with its sentences, its table and its keys; `sections` has their order and `FIELDS` theirs,
`screen` chooses what fits on a terminal. `text`, `markdown`, `html` and `document` are the four forms.
"""
