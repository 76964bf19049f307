"""Parent and recorded process agree because each name stands in one file; what one writes, the other reads."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gpu_trace.boot import activities, contract, nvtx_layout
from gpu_trace.boot.contract import Number, Numbers, Settings, Text
from gpu_trace.nvtx_recording import records

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = Path(contract.__file__).parents[1]
BOOT = sorted(path for path in (PACKAGE / "boot").glob("*.py") if path.name != "contract.py")
RECORDING = sorted((PACKAGE / "recording").glob("*.py"))
OTHERS = [path for room in ("nvtx_recording", "cupti_recording", "commands") for path in (PACKAGE / room).glob("*.py")]
IN_PROCESS = sorted((PACKAGE / "in_process").glob("*.py"))
SAMPLING = sorted((PACKAGE / "stack_sampling").glob("*.py"))
C = "\n".join(path.read_text("utf-8") for path in sorted(PACKAGE.glob("*/*.c")))
KEYS = {name for name, value in vars(contract).items() if isinstance(value, (Text, Number, Numbers))}
SETTINGS = {
    "raw": "/tmp/a b/ä\udcff",
    "level": "ops",
    "dependencies": True,
    "has_gpu": True,
    "injection": "",
    "hooks_nvtx": False,
    "activities": "/x/_activities.so",
    "follow": False,
    "is_child": True,
    "only_ranks": True,
    "steps": (10, 20),
    "step_range": "a:b\n=1",
    "range_name": "0",
    "after_s": 0.1,
    "duration_s": 1e-7,
    "events": 10**12,
}


def parsed(paths: list[Path]) -> Iterator[ast.AST]:
    for path in paths:
        yield from ast.walk(ast.parse(path.read_text("utf-8")))


def keys_in(node: ast.AST) -> set[str]:
    """The keys that stand in some code, as ``KEY`` or as ``contract.KEY``."""
    names = {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}
    return KEYS & (names | {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)})


def written() -> set[str]:
    calls = (node for node in parsed(BOOT) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute))
    return set().union(*(keys_in(call.args[0]) for call in calls if call.func.attr == "write" and call.args))


def texts(paths: list[Path]) -> Iterator[str]:
    """Every text in some code, those between what an f-string fills in too, but no docstring."""
    for path in paths:
        tree = ast.parse(path.read_text("utf-8"))
        docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
                yield node.value


def test_each_key_of_notes_is_written_and_each_is_read():
    read = set().union(*(keys_in(node) for node in parsed(RECORDING) if isinstance(node, ast.expr)))
    assert len(KEYS) > 25
    assert (KEYS - written(), KEYS - read) == (set(), set())


def test_each_key_has_a_name_of_its_own():
    assert len({getattr(contract, key).name for key in KEYS}) == len(KEYS)


def test_notes_are_written_by_declared_keys_alone():
    calls = [node for node in parsed(BOOT) if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)]
    notes = [call for call in calls if call.func.attr == "write" and ast.unparse(call.func).endswith("notes.write")]
    assert len(notes) > 20
    assert [ast.unparse(call) for call in notes if not keys_in(call.args[0])] == []


def test_each_setting_is_read():
    read = {node.attr for node in parsed(BOOT) if isinstance(node, ast.Attribute)}
    assert set(SETTINGS) - read == set()


def test_settings_pass_through_the_environment_as_they_are():
    assert vars(Settings(**SETTINGS)) == SETTINGS
    variables = Settings(**SETTINGS).variables()
    assert all(name.startswith(contract.PREFIX) for name in variables)
    assert vars(Settings.of({**variables, "HOME": "/"})) == SETTINGS
    without = SETTINGS | {"steps": None, "follow": True}
    assert vars(Settings.of(Settings(**without).variables())) == without
    with pytest.raises(KeyError, match="GPU_TRACE_RAW"):
        Settings.of({})


def test_the_contract_alone_spells_variables_and_files():
    alone = re.compile(rf"{contract.PREFIX}|{contract.INJECTION_VARIABLE}|(notes|kineto|cupti|nvtx|garbage|executed)-$")
    assert [text for text in texts([*BOOT, *RECORDING, *OTHERS]) if alone.match(text)] == []


def test_files_are_known_by_their_names():
    files = [contract.notes_file(7), contract.session_file("kineto", 7, 3), contract.nvtx_file(7, "python")]
    others = [contract.garbage_file(7), contract.execution_trace_file(7), contract.RESERVED_NOTES, "x-y"]
    assert [contract.process_of(file) for file in [*files, *others]] == [7, 7, 7, 7, 7, None, None]
    assert [contract.session_of(f"{files[1]}{end}") for end in (".json", ".json.part", contract.RECORDS)] == [3, 3, 3]
    assert files[1].startswith(contract.session_file("kineto", 7))


def test_c_sources_read_the_declared_variables():
    assert set(re.findall(rf'"({contract.PREFIX}\w*)"', C)) == {contract.NVTX_FOLDER, contract.NVTX_BYTES}


def test_the_c_source_writes_collections_as_they_are_read():
    assert "int64_t collection[] = {garbage.began_ns, end_ns, syscall(SYS_gettid)}" in C
    assert contract.COLLECTION == "<qqq"


def test_c_sources_name_files_as_declared():
    assert f'"%s/{contract.nvtx_file("%ld", "%u")}.%s"' in C
    endings = set(re.findall(r'create\(recording\.\w+, folder, image, "(\w+)"\)', C))
    assert {f".{ending}" for ending in endings} == {contract.EVENTS, contract.TEXTS}


def test_c_sources_define_the_functions_that_are_called():
    """Those of all libraries: of garbage, of signals, of NVTX and of CUPTI, and the parent's, which samples stacks."""
    called = {node.attr for node in parsed([*BOOT, *IN_PROCESS, *SAMPLING]) if isinstance(node, ast.Attribute)}
    defined = set(re.findall(r"^EXPORT [\w *]+?\b(gpu_trace_\w+)\(", C, re.MULTILINE))
    assert {name for name in called if name.startswith("gpu_trace_")} == defined


def test_nvtx_events_lie_as_the_c_source_and_the_columns_have_them():
    def enumerated(name: str) -> list[str]:
        first, *others = re.search(rf"^enum {name} {{ (.*?) }};", C, re.MULTILINE)[1].split(", ")
        assert first.endswith(" = 1")
        return [first.removesuffix(" = 1"), *others]

    kinds, kinds_of_texts = enumerated("Kind"), enumerated("TextKind")
    assert [getattr(nvtx_layout, kind) for kind in kinds] == [*range(1, len(kinds) + 1)]
    assert [kind.name for kind in records.EventKind] == kinds
    assert [getattr(nvtx_layout, kind.removeprefix("TEXT_")) for kind in kinds_of_texts] == [
        *range(1, len(kinds_of_texts) + 1)
    ]
    assert f"enum {{ CHUNK = 1 << {nvtx_layout.CHUNK.bit_length() - 1} }};" in C
    assert f"(uint64_t){nvtx_layout.MOST_BYTES >> 20} << 20) / CHUNK" in C
    assert f'memcpy(header->magic, "{nvtx_layout.MAGIC.decode().encode("unicode_escape").decode()}", 8)' in C
    assert f".version = {nvtx_layout.VERSION}," in C
    sizes = {1: "B", 4: "I", 8: "Q"}
    columns = [sizes[records.EVENT[name].itemsize] for name in records.EVENT.names]
    assert "<" + "".join(columns).replace("Q", "q", 1) == nvtx_layout.EVENT
    assert f"sizeof(Event) == {records.EVENT.itemsize}," in C


def test_refusals_are_those_of_the_c_source():
    numbers = dict(re.findall(r"\b(NOT_LOADED|TOO_OLD|TOO_NEW) = (-\d)", C))
    assert {f"_{name}": int(number) for name, number in numbers.items()} == {
        name: getattr(activities, name) for name in ("_NOT_LOADED", "_TOO_OLD", "_TOO_NEW")
    }
    assert set(activities._REFUSALS) == set(map(int, numbers.values()))


@pytest.mark.parametrize(
    ("version", "does"),
    [
        *[("2.7.1", False), ("2.8.0", True), ("2.8.0a0+git12ab", True), ("2.13.0+cpu", True), ("3.0", True)],
        *[("1.13.1", False), ("", True), ("dev", True)],
    ],
)
def test_a_pytorch_has_known_execution_trace_since_2_8(version, does):
    assert contract.has_known_execution_trace(version) is does
