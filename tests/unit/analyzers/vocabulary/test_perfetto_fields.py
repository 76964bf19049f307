"""Every number of a field, and of a value, is that of the descriptors of the ``perfetto`` package."""

from __future__ import annotations

import inspect

import pytest
from perfetto.protos.perfetto.trace import perfetto_trace_pb2 as protos

from gpu_trace_analyzers.vocabulary import perfetto_fields

MESSAGES = {
    "Clock": protos.ClockSnapshot.Clock,
    "ExtraData": protos.GpuRenderStageEvent.ExtraData,
    "ComputeKernelLaunch": protos.GpuRenderStageEvent.ComputeKernelLaunch,
    "Dim3": protos.GpuRenderStageEvent.Dim3,
}
ENUMS = {"TrackEventType": protos.TrackEvent.Type, "BuiltinClock": protos.BuiltinClock}
TABLES = (protos.EventCategory, protos.EventName, protos.DebugAnnotationName, protos.InternedString)
NOT_OF_PERFETTO = {"Own", "InternedName", "SampleColumns"}
GROUPS = dict(inspect.getmembers(perfetto_fields, inspect.isclass))


def numbers(group):
    return {name: value for name, value in vars(group).items() if name.isupper()}


@pytest.mark.parametrize("name", sorted(GROUPS.keys() - NOT_OF_PERFETTO))
def test_numbers_are_those_of_perfetto(name):
    found = numbers(GROUPS[name])
    assert found
    if name in ENUMS:
        assert found == {value: ENUMS[name].Value(value) for value in found}
    else:
        fields = MESSAGES.get(name, getattr(protos, name, None)).DESCRIPTOR.fields_by_name
        assert found == {field: fields[field.lower()].number for field in found}


@pytest.mark.parametrize("table", TABLES)
def test_rows_of_every_table_of_names_are_alike(table):
    own, fields = perfetto_fields.InternedName, table.DESCRIPTOR.fields_by_number
    assert (fields[own.IID].name, fields[own.NAME].name in ("name", "str")) == ("iid", True)


def test_perfetto_has_no_field_of_the_numbers_that_are_our_own():
    own, descriptor = set(numbers(perfetto_fields.Own).values()), protos.TracePacket.DESCRIPTOR
    assert not own & set(descriptor.fields_by_number)
    assert min(own) > max(end for _, end in descriptor.extension_ranges)
