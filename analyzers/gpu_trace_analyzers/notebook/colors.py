"""Colors of owners of time and of engines. Cells have a light or a dark background; these are told from both."""

from __future__ import annotations

from ..model import Engine
from ..vocabulary.losses import Owner

OF_OWNER = {
    Owner.COMPUTE: "#3f8f5f",
    Owner.COLLECTIVE: "#a35fc0",
    Owner.COPY: "#d9544f",
    Owner.OTHER: "#7f8c8d",
    Owner.IDLE: "#d99a2b",
}
OF_ENGINE = {
    **dict.fromkeys(Engine, "#3d8fc4"),
    Engine.COMPUTE: OF_OWNER[Owner.COMPUTE],
    Engine.COLLECTIVE: OF_OWNER[Owner.COLLECTIVE],
    Engine.MEMSET: OF_OWNER[Owner.OTHER],
    Engine.UNKNOWN: "#c0572f",
}
