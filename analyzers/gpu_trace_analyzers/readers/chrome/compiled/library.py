"""The C library, and what is said to it; scanner.c has the same structures."""

from __future__ import annotations

import ctypes
from ctypes import POINTER, c_char_p, c_int64, c_uint64, c_void_p
from functools import cache
from pathlib import Path

import numpy as np

NAME, START, DURATION, PID, TID, FIRST_ARGUMENT = range(6)
"""Columns of every category; behind them come its arguments."""


COUNTED, IN_COLUMNS, LEFT = range(3)
"""What becomes of the events of a category."""
NOTHING, INTEGER, TEXT, AS_WRITTEN = range(4)
"""What a number in a column is."""


class Beginning(ctypes.Structure):
    """How names of wanted events begin."""

    _fields_ = (("text", c_char_p), ("length", c_int64), ("is_whole", c_int64), ("argument", c_int64))


class Category(ctypes.Structure):
    """A category, and where its columns are."""

    _fields_ = (
        ("name", c_char_p),
        ("phase", c_int64),
        ("use", c_int64),
        ("beginnings", POINTER(Beginning)),
        ("beginnings_count", c_int64),
        ("arguments", POINTER(c_int64)),
        ("arguments_count", c_int64),
        ("numbers", c_void_p),
        ("kinds", c_void_p),
    )


class Wanted(ctypes.Structure):
    """All that a scanner has to know; it and what it points to must stay as long as the scanner is used."""

    _fields_ = (
        ("arguments", POINTER(c_char_p)),
        ("arguments_count", c_int64),
        ("as_written", c_uint64),
        ("categories", POINTER(Category)),
        ("categories_count", c_int64),
        ("room", c_int64),
        ("tallies", c_void_p),
        ("left", c_void_p),
    )


TALLY = np.dtype([("rows", np.int64), ("skipped", np.int64), ("decimals", np.int64)])
WORD = np.dtype([("hash", np.uint64), ("begin", np.uint32), ("length", np.uint32)])


@cache
def built_library() -> ctypes.CDLL | None:
    """None where it was installed without a C compiler, or for another machine."""
    try:
        return loaded_library(Path(__file__).with_name("_scanner.so"))
    except OSError:
        return None


def loaded_library(path: Path) -> ctypes.CDLL:
    """The library in a file. Raises ``OSError``."""
    library = ctypes.CDLL(str(path))
    library.gpu_trace_scanner_new.argtypes = (POINTER(Wanted),)
    library.gpu_trace_scanner_new.restype = c_void_p
    library.gpu_trace_scanner_free.argtypes = (c_void_p,)
    library.gpu_trace_scanner_free.restype = None
    library.gpu_trace_scanner_undo.argtypes = (c_void_p,)
    library.gpu_trace_scanner_undo.restype = None
    library.gpu_trace_scanner_take.argtypes = (c_void_p, c_char_p, c_int64, POINTER(c_int64 * 2))
    library.gpu_trace_scanner_take.restype = c_int64
    library.gpu_trace_scanner_words.argtypes = (c_void_p, c_int64, POINTER(c_void_p), POINTER(c_void_p))
    library.gpu_trace_scanner_words.restype = c_int64
    return library
