"""When does the script join a process group? Its place in there is known from then on, whatever started it."""

from __future__ import annotations

import sys

from .look_like import look_like

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_HOLDERS = ("torch.distributed", "torch.distributed.distributed_c10d")
_JOINS = "init_process_group"


def when_joined(call: Callable[[], None]) -> None:
    """Call each time that the script has joined one."""
    join = getattr(sys.modules.get(_HOLDERS[0]), _JOINS, None)
    if join is None:  # a build of torch without them
        return

    def init_process_group(*args: Any, **kwargs: Any) -> Any:
        joined = join(*args, **kwargs)
        call()
        return joined

    init_process_group.__dict__.update(vars(join))
    look_like(init_process_group, join)
    for name in _HOLDERS:
        if getattr(sys.modules.get(name), _JOINS, None) is join:
            setattr(sys.modules[name], _JOINS, init_process_group)
