"""What stands in front of the events: Kineto's head, and what it could not say."""

from __future__ import annotations

import json

import pytest

from gpu_trace.recording import heads
from gpu_trace.recording.kineto_text import KinetoText
from gpu_trace_analyzers.readers.folders.jobs import LAUNCHER
from gpu_trace_analyzers.readers.kineto.document import StatedWindow
from gpu_trace_analyzers.vocabulary.kineto import Key

KINETO = b"""
  {
    "schemaVersion": 1,
    "deviceProperties": [%b],
    "baseTimeNanoseconds": 7,
  """
H200 = b"""
    {
      "id": 0, "name": "NVIDIA H200", "totalGlobalMem": 150109880320, "numSms": 132
    , "regsPerMultiprocessor": 65536
    }
    """
NOTED = [{"id": 0, "name": "NVIDIA H200", "uuid": "GPU-1"}, {"id": 1, "name": "NVIDIA H200", "uuid": "GPU-2"}]


def document(head: bytes) -> dict:
    return json.loads(head + b'"traceEvents": []}')


def test_kinetos_devices_get_their_uuids():
    found = document(heads.head([KinetoText(KINETO % H200, b"")], 0, NOTED))
    assert found == {
        "schemaVersion": 1,
        "deviceProperties": [
            {
                "id": 0,
                "name": "NVIDIA H200",
                "totalGlobalMem": 150109880320,
                "numSms": 132,
                "regsPerMultiprocessor": 65536,
                "uuid": "GPU-1",
            }
        ],
        "baseTimeNanoseconds": 7,
        "traceEvents": [],
    }


def test_where_kineto_knew_no_device_there_are_those_that_the_process_described():
    assert document(heads.head([KinetoText(KINETO % b"", b"")], 0, NOTED))["deviceProperties"] == NOTED


@pytest.mark.parametrize("devices", [[], [{"id": 0, "name": "before torch 2.5"}], [{"name": "odd"}]])
def test_without_uuids_kinetos_head_says_what_it_said(devices):
    text = KinetoText(KINETO % H200, b"")
    assert document(heads.head([text], 0, devices)) == document(text.head)


def test_without_a_session_there_is_a_clock():
    assert document(heads.head([], 12, []))["baseTimeNanoseconds"] == 12


def test_the_further_keys_are_those_that_the_reader_takes():
    head = heads.head([], 12, []) + heads.distributed({"rank": 1}) + heads.stated([StatedWindow(5, 1, 9)])
    found = document(head + heads.of_host('the "7th"'))
    assert found[Key.HOST] == 'the "7th"'
    assert found["distributedInfo"] == {"rank": 1}
    assert found["gpuTrace"] == {"windows": [{"pid": 5, "start_ns": 1, "end_ns": 9}]}
    assert (heads.distributed(None), heads.stated([]), heads.of_run("")) == (b"", b"", b"")


def test_the_name_of_the_run_is_where_the_reader_looks_for_it():
    assert document(heads.head([], 12, []) + heads.of_run("5-6"))[LAUNCHER] == "5-6"
