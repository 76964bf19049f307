from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gpu_trace_analyzers.model import MISSING
from gpu_trace_analyzers.readers.base.columns import as_id
from gpu_trace_analyzers.readers.chrome.values import Distinct, Lookup, Values

INTEGERS = st.integers(-(1 << 70), 1 << 70) | st.sampled_from([0, MISSING, (1 << 63) - 1, -(1 << 63), 1 << 63])
ANY = st.none() | INTEGERS | st.sampled_from(["", "7", " 7", "1_0", "stream 7", "Spans"])


@given(st.lists(ANY) | st.lists(INTEGERS) | st.lists(st.none()))
def test_values_are_what_they_were_made_of(each):
    values = Values.of(each, Distinct())
    assert values.at(np.arange(len(each))) == each
    assert values.present.tolist() == [value is not None for value in each]
    assert values.ids().tolist() == [as_id(value) for value in each]


@given(st.lists(ANY))
def test_what_is_looked_up_of_each_value_is_missing_where_there_is_none(each):
    distinct = Distinct()
    found = Values.of(each, distinct).each(Lookup(distinct.by_code, lambda value: len(str(value))))
    assert found.tolist() == [MISSING if value is None else len(str(value)) for value in each]


@given(st.lists(st.lists(st.text("abc", max_size=2))))
def test_each_distinct_value_is_asked_once_in_the_order_in_which_it_comes(several):
    distinct, asked = Distinct(), []
    lengths = Lookup(distinct.by_code, lambda text: asked.append(text) or len(text))
    for each in several:
        assert lengths[distinct.codes(each)].tolist() == [len(text) for text in each]
    assert asked == list(dict.fromkeys(text for each in several for text in each))
