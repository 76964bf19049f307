"""The smallest script worth recording; says on stdout, as JSON, what torch and CUDA are here. Run, never imported."""

import json

import torch


def main() -> None:
    """Use the GPU if there is one, and report."""
    found: dict[str, object] = {
        "torch": str(torch.__version__),
        "cuda": torch.version.cuda or getattr(torch.version, "hip", None) or "",
        "gpus": [],
        "error": "",
    }
    try:
        if torch.cuda.is_available():
            found["gpus"] = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
            for _ in range(10):
                torch.ones(64, 64, device="cuda").add_(1)
    except Exception as error:
        found["error"] = f"{type(error).__name__}: {error}".splitlines()[0]
    torch.ones(64).add_(1)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
