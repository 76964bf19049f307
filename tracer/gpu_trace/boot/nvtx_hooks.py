"""NVTX in this process: arguments of the nvtx package made safe, and stand-ins for the injection library."""

from __future__ import annotations

import sys
from functools import cache

from .nvtx_files import NvtxFiles, TorchStandIn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .nvtx_files import More

_PAYLOAD_INT64, _PAYLOAD_DOUBLE = 2, 3
"""nvtxPayloadType_t"""


_files: list[NvtxFiles] = []
"""those of this process, once something needs them"""


def _files_in(folder: str) -> NvtxFiles:
    if not _files:
        _files.append(NvtxFiles(folder))
    return _files[0]


def stand_in_for_torch(library: str, folder: str) -> None:
    """Have torch.cuda.nvtx work in a build of torch without CUDA, where it raises; records go to the folder."""
    nvtx = sys.modules["torch.cuda.nvtx"]
    if not hasattr(nvtx._nvtx, "rangeStartA"):
        stand_in = _through(library) if library else _in_python(_files_in(folder))
        nvtx._nvtx = stand_in  # type: ignore[attr-defined]  # torch's own name


def _through(path: str) -> TorchStandIn:
    """Through the injection library, which records all other NVTX clients."""
    ctypes = __import__("ctypes")  # torch has loaded it
    library = ctypes.CDLL(path)
    library.gpu_trace_start.restype = ctypes.c_uint64
    library.gpu_trace_end.argtypes = [ctypes.c_uint64]

    def utf8(name: str) -> bytes:
        return name.encode("utf-8", "replace")

    return TorchStandIn(
        lambda name: int(library.gpu_trace_push(utf8(name))),
        lambda: int(library.gpu_trace_pop()),
        lambda name: int(library.gpu_trace_start(utf8(name))),
        lambda number: library.gpu_trace_end(number),
        lambda name: library.gpu_trace_mark(utf8(name)),
    )


def _in_python(files: NvtxFiles) -> TorchStandIn:
    return TorchStandIn(files.push, files.pop, files.start, files.end, files.mark)


def looks_only_if_heard() -> bool:
    """Whether this version of the nvtx package ignores its arguments where no tool listens: from 0.2.12 on."""
    return hasattr(sys.modules["nvtx._lib.lib"], "DummyDomain")


def accept_any_color() -> None:
    """Have colors that the nvtx package does not know be its default color.

    It looks at them only where a tool listens: a script that names one runs natively, so it must here.
    """
    library, known = sys.modules["nvtx._lib.lib"], sys.modules["nvtx.colors"].color_to_hex

    def color_to_hex(color: object = None) -> Any:
        try:
            return known(color)
        except Exception:  # mostly TypeError; but saying what is wrong with it may call the script's own __str__
            return known()

    library.color_to_hex = color_to_hex  # type: ignore[attr-defined]  # where its C code looks it up


def accept_any_argument() -> None:
    """Have the nvtx package record what it can of a range, whatever it was given, without an error or a warning.

    It looks at arguments only where a tool listens: a script that gives it nonsense runs natively, so it must here.
    """
    library, module = sys.modules["nvtx._lib.lib"], sys.modules["nvtx.nvtx"]
    known_payloads = getattr(library, "_payload_setters", (int, float))  # 0.2.12 and 0.2.13 take numbers only
    given, begun = library.Domain.get_event_attributes, module.annotate.__init__

    def usable(payload: object) -> Any:
        return payload if type(payload) in known_payloads else None  # of others it warns, or raises

    def get_event_attributes(
        self: Any, message: Any = None, color: Any = None, category: Any = None, payload: Any = None
    ) -> Any:
        try:
            return given(self, message, color, category, usable(payload))
        except Exception:
            return given(self, _text(message), color, category if isinstance(category, (int, str)) else None)

    def __init__(  # noqa: N807  # that of annotate
        self: Any, message: Any = None, color: Any = None, domain: Any = None, category: Any = None, payload: Any = None
    ) -> None:
        begun(self, message, color, domain, category, usable(payload))
        self.init_args = message, color, domain, category, payload  # for its pickle

    library.Domain.get_event_attributes = get_event_attributes
    module.annotate.__init__ = __init__


def _text(message: object) -> str:
    try:
        return str(message).encode("utf-8", "replace").decode()
    except Exception:
        return ""


def hear_the_nvtx_package(folder: str) -> None:
    """Have the nvtx package's functions write into the folder; without the library they would do nothing."""
    module, files = sys.modules["nvtx.nvtx"], _files_in(folder)
    domains: dict[str | None, _Domain] = {}

    def get_domain(name: str | None = None) -> _Domain:
        if name not in domains:
            domains[name] = _Domain(name or "", files)
        return domains[name]

    def start_range(attributes: _Attributes, domain: _Domain) -> tuple[int, _Domain]:
        return domain.start_range(attributes), domain

    replacements: dict[str, Any] = {
        "get_domain": get_domain,
        "libnvtx_push_range": lambda attributes, domain: domain.push_range(attributes),
        "libnvtx_pop_range": lambda domain: domain.pop_range(),
        "libnvtx_mark": lambda attributes, domain: domain.mark(attributes),
        "libnvtx_start_range": start_range,
        "libnvtx_end_range": lambda number, domain: domain.end_range(number),
    }
    for name, function in replacements.items():
        if hasattr(module, name):
            setattr(module, name, function)
    sys.modules["nvtx"].get_domain = get_domain  # type: ignore[attr-defined]  # as its own module exports it


class _Attributes:
    """What the nvtx package calls event attributes: its functions set them one by one."""

    def __init__(self, message: object, color: object, category: object, payload: object) -> None:
        self.message, self.color, self.category, self.payload = message, color, category, payload

    def event(self, domain: _Domain) -> tuple[str, str, More]:
        """Its name, domain, and the rest as the files take it."""
        category = self.category
        number = category if isinstance(category, int) else domain.get_category_id(category) if category else 0
        return str(self.message or ""), domain.name, (number, _argb(self.color), *_payload(self.payload))


class _Domain:
    """Stands in for ``nvtx.Domain``."""

    def __init__(self, name: str, files: NvtxFiles) -> None:
        self.name, self.handle = name, self
        self._files = files

    def get_registered_string(self, string: str) -> str:
        return string

    def get_category_id(self, name: object) -> int:
        return self._files.category(self.name, str(name))

    def get_event_attributes(
        self, message: object = None, color: object = None, category: object = None, payload: object = None
    ) -> _Attributes:
        return _Attributes(message, color, category, payload)

    def push_range(self, attributes: _Attributes | None = None, **more: object) -> None:
        self._files.push(*self._event(attributes, more))

    def pop_range(self) -> None:
        self._files.pop(self.name)

    def start_range(self, attributes: _Attributes | None = None, **more: object) -> int:
        return self._files.start(*self._event(attributes, more))

    def end_range(self, number: int) -> None:
        self._files.end(number, self.name)

    def mark(self, attributes: _Attributes | None = None, **more: object) -> None:
        self._files.mark(*self._event(attributes, more))

    def _event(self, given: _Attributes | None, more: dict[str, object]) -> tuple[str, str, More]:
        return (given or self.get_event_attributes(**more)).event(self)


@cache
def _argb(color: object) -> int:
    """A color by name or number, as the nvtx package takes it."""
    try:
        return int(sys.modules["nvtx.colors"].color_to_hex(color)) & 0xFFFFFFFF
    except (TypeError, ValueError):
        return 0


def _payload(payload: object) -> tuple[int, int]:
    if isinstance(payload, int) and -(1 << 63) <= payload < 1 << 63:
        return _PAYLOAD_INT64, payload & (1 << 64) - 1
    if isinstance(payload, float):
        return _PAYLOAD_DOUBLE, int.from_bytes(__import__("struct").pack("<d", payload), "little")
    return 0, 0
