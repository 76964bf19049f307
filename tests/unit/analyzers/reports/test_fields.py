"""A key is declared once: JSON has it, a table has its column, and no two keys of a row are alike."""

from __future__ import annotations

from types import SimpleNamespace

from gpu_trace_analyzers.reports.fields import At, Field, Nested, Rows, records, tables, values
from gpu_trace_analyzers.reports.sections import FIELDS

INNER = Rows(
    "cups",
    "",
    lambda row, _: row.cups,
    (Field("ml"), Field("of_all", get=lambda cup, at: cup.ml / at.within.ml)),
    table="cups",
    first=(Field("pot", get=lambda _, at: at.within.name), Field("cup", get=lambda cup, _: cup.name)),
    by=lambda cup: cup.name,
)
POTS = (
    Field("made_at", get=lambda _row, _at: 7),
    Rows(
        "pots",
        "",
        lambda row, _: row.pots,
        (
            Field("ml"),
            Nested("tea", "", lambda row, _: row.tea, (Field("leaf"), Field("age"))),
            Field("name"),
            Field("tags", cell=", ".join),
            Field("notes", only_json=True),
            INNER,
        ),
        table="pots",
        first=(Field("name"),),
    ),
)
POT = SimpleNamespace(
    name="blue",
    ml=100,
    tea=SimpleNamespace(leaf="oolong", age=3),
    tags=["hot", "full"],
    notes=[1],
    cups=[SimpleNamespace(name="small", ml=25)],
)
AT = At(summary=None, places={})


def test_json_has_objects_and_lists_where_a_table_has_columns_and_tables():
    row = SimpleNamespace(pots=[POT])
    assert values(POTS, row, AT) == {
        "made_at": 7,
        "pots": [
            {
                "ml": 100,
                "tea": {"leaf": "oolong", "age": 3},
                "name": "blue",
                "tags": ["hot", "full"],
                "notes": [1],
                "cups": {"small": {"ml": 25, "of_all": 0.25}},
            }
        ],
    }
    assert dict(records(POTS, row, AT)) == {
        "pots": [{"name": "blue", "ml": 100, "leaf": "oolong", "age": 3, "tags": "hot, full"}],
        "cups": [{"pot": "blue", "cup": "small", "ml": 25, "of_all": 0.25}],
    }


def test_columns_stand_without_rows_and_nested_ones_come_last():
    assert tables(POTS) == {"pots": ("name", "ml", "tags", "leaf", "age"), "cups": ("pot", "cup", "ml", "of_all")}


def of_rows(fields):
    yield fields
    for each in fields:
        if not isinstance(each, Field):
            yield from of_rows(each.fields)


def test_no_key_is_declared_twice_in_one_row():
    for fields in of_rows(FIELDS):
        keys = [field.key for field in fields]
        assert len(keys) == len({*keys}), keys
