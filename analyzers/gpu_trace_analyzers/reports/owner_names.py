"""What reports call the owners of a device's time."""

from __future__ import annotations

from ..vocabulary.losses import Owner

OWNER_NAMES = {
    Owner.COMPUTE: "compute",
    Owner.COLLECTIVE: "exposed collectives",
    Owner.COPY: "exposed copies",
    Owner.OTHER: "other operations",
    Owner.IDLE: "idle",
}
