"""The table that scripts/calibrate writes: what it was given comes back, and other models stay as they were."""

from pathlib import Path

from gpu_trace_analyzers import whatif
from scripts.calibration.table import entries, with_entry, write

HEAD = "# what the rows mean\n"
H200 = {"name": "NVIDIA H200", "multiprocessors": 132, "slowdown": [("product", "copy_h2d", 1.0, 1.01, 1.5)]}
T4 = {"name": "Tesla T4", "multiprocessors": 40, "slowdown": [], "alone": [('void k<"a">\\', 8, 128)]}


def as_read(entry: dict[str, object]) -> dict[str, object]:
    return {key: [list(row) for row in value] if isinstance(value, list) else value for key, value in entry.items()}


def test_an_entry_is_read_back_as_it_was_given() -> None:
    assert entries(with_entry(HEAD, T4)) == [as_read(T4)]


def test_an_entry_takes_the_place_of_that_of_its_model_and_the_others_stay() -> None:
    both = with_entry(with_entry(HEAD, H200), T4)
    again = H200 | {"slowdown": [("product", "copy_h2d", 2.0, 2.5, 3.0)]}

    changed = with_entry(both, again)

    assert entries(changed) == [as_read(again), as_read(T4)]
    assert changed.startswith(HEAD)
    assert with_entry(changed, H200) == both, "writing the same again changes nothing else"


def test_the_table_of_the_package_takes_an_entry_and_keeps_its_head(tmp_path: Path) -> None:
    existing = Path(whatif.__file__).with_name("contention").joinpath("measured.toml").read_text(encoding="utf-8")
    path = tmp_path / "new" / "measured.toml"

    write(path, existing, T4)

    assert path.read_text(encoding="utf-8").startswith(existing.partition("[[device]]")[0])
    assert as_read(T4) in entries(path.read_text(encoding="utf-8"))
