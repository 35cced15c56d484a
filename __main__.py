"""``python -m rbench`` is the command ``rbench``."""

from .benchmark.cli import main

if __name__ == "__main__":
    main()
