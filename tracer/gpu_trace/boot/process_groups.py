"""When does the script join process groups, and leave them? Only in between is its place in them known."""

from __future__ import annotations

import sys

from .look_like import look_like

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_HOLDERS = ("torch.distributed", "torch.distributed.distributed_c10d")
_JOINS, _LEAVES = "init_process_group", "destroy_process_group"
_DESCRIBE = "_get_all_pg_configs"


def watch(call: Callable[[], None]) -> None:
    """Call each time that the script has joined process groups, and before it leaves any."""
    _replace(_JOINS, lambda join: _joining(join, call))
    _replace(_LEAVES, lambda leave: _leaving(leave, call))


def described() -> str:
    """Those that the process is in, in JSON, as torch.profiler describes them; empty where torch does not say."""
    try:
        groups = getattr(sys.modules[_HOLDERS[1]], _DESCRIBE)()
        return str(sys.modules["json"].dumps(groups))
    except Exception:  # it is a function of torch's own, which any version may change
        return ""


def _joining(join: Callable[..., Any], call: Callable[[], None]) -> Callable[..., Any]:
    def init_process_group(*args: Any, **kwargs: Any) -> Any:
        joined = join(*args, **kwargs)
        call()
        return joined

    return init_process_group


def _leaving(leave: Callable[..., Any], call: Callable[[], None]) -> Callable[..., Any]:
    def destroy_process_group(*args: Any, **kwargs: Any) -> Any:
        call()
        return leave(*args, **kwargs)

    return destroy_process_group


def _replace(name: str, made: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
    """Put in the place of a function one that is made of it, and looks like it."""
    function = getattr(sys.modules.get(_HOLDERS[0]), name, None)
    if function is None:  # a build of torch without process groups
        return
    new = made(function)
    new.__dict__.update(vars(function))
    look_like(new, function)
    for holder in _HOLDERS:
        if getattr(sys.modules.get(holder), name, None) is function:
            setattr(sys.modules[holder], name, new)
