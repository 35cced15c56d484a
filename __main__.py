"""The command ``rbench``, as which ``python -m rbench`` runs too."""

from __future__ import annotations

import io
import sys

INTERRUPTED = "Interrupted. What was finished is kept: the same command goes on from there."


def main() -> None:
    """Run the command line; what is interrupted while it is imported ends in one sentence too."""
    try:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")  # a pipe may have an encoding without λ
        from .benchmark.cli import main as run
    except KeyboardInterrupt:
        print(INTERRUPTED, file=sys.stderr)
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
