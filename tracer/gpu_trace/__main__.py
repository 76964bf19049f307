"""``python -m gpu_trace``: the same as the command ``gpu-trace``."""

from .cli import main

if __name__ == "__main__":
    main()
