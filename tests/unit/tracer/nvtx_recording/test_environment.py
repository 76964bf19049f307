"""Which NVTX injection library a process gets, by what its environment has natively."""

from __future__ import annotations

import pytest

from gpu_trace.boot.contract import INJECTION_VARIABLE
from gpu_trace.nvtx_recording.environment import injection, injection_library

OWN = injection_library()


@pytest.mark.parametrize("native", ["", str(OWN), "/elsewhere/gpu_trace/nvtx_recording/_injection.so"])
def test_its_own_is_no_other_tools(native):
    assert injection({INJECTION_VARIABLE: native}) == (OWN, "")


@pytest.mark.parametrize("native", ["/opt/nsys/libToolsInjection64.so", "/x/_injection.so"])
def test_another_tools_is_left_alone(native):
    library, why = injection({INJECTION_VARIABLE: native})
    assert library is None
    assert native in why


def test_the_one_of_cupti_is_replaced():
    library, why = injection({INJECTION_VARIABLE: "/usr/lib/libcupti.so.13"})
    assert library == OWN
    assert "replaces" in why
