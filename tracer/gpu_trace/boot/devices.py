"""The GPUs of this process: which they are, and whether they have finished."""

from __future__ import annotations

import sys
from _thread import allocate_lock, start_new_thread

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def are_used() -> bool:
    """Whether CUDA is initialized, or just now being."""
    in_progress = getattr(_cuda(), "_tls", None)
    return bool(_cuda().is_initialized()) or bool(getattr(in_progress, "is_initializing", False))


def have_cupti() -> bool:
    """Whether they are CUDA's: those of ROCm have another library than CUPTI."""
    return bool(sys.modules["torch"].version.cuda)


def described() -> str:
    """Those of this process as Kineto describes them, in JSON: should it be killed before Kineto can."""
    try:
        found = [_described(index, _cuda().get_device_properties(index)) for index in range(_cuda().device_count())]
    except Exception:  # a session that has begun is worth more than its devices' names
        found = []
    return str(sys.modules["json"].dumps(found))


def _described(index: int, properties: Any) -> dict[str, object]:
    uuid = _uuid(properties)
    return {
        "id": index,
        "name": properties.name,
        **({"uuid": uuid} if uuid else {}),
        "totalGlobalMem": properties.total_memory,
        "computeMajor": properties.major,
        "computeMinor": properties.minor,
        "numSms": properties.multi_processor_count,
    }


def _uuid(properties: Any) -> str:
    """As ``nvidia-smi -L`` has it; empty where torch does not say, as before 2.5, or where it says no GPU's own.

    The instances that MIG makes of a GPU may all have the UUID of that one, and ROCm has texts of another form.
    """
    uuid = str(getattr(properties, "uuid", "")).lower().removeprefix("gpu-")
    digits = uuid.replace("-", "")
    is_own = len(digits) == 32 and digits.strip("0") and not set(digits) - set("0123456789abcdef")
    return f"GPU-{uuid}" if is_own and " MIG " not in properties.name else ""


def synchronized_within(patience_s: float) -> bool:
    """Wait for the devices, so that no kernel is cut off; False where they take longer (a hung collective, say)."""
    if not are_used():
        return True
    done = allocate_lock()
    done.acquire()

    def synchronize() -> None:
        try:
            for device in range(_cuda().device_count()):
                if sys.modules["torch._C"]._cuda_hasPrimaryContext(device):
                    _cuda().synchronize(device)
        except Exception:  # a broken context: the script has its own error, and the events so far are worth saving
            pass
        finally:
            done.release()

    try:
        start_new_thread(synchronize, ())
    except RuntimeError:  # Python 3.12.0 and 3.12.1 start none at exit; without one the wait could not be given up
        if "torch.distributed" in sys.modules and sys.modules["torch.distributed"].is_initialized():
            return False
        synchronize()
    return done.acquire(timeout=patience_s)


def _cuda() -> Any:
    return sys.modules["torch.cuda"]
