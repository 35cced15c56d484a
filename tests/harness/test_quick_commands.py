"""Help, lists and plans come at once: nothing heavy is imported for them."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ("torch", "pandas", "scipy", "sklearn", "recbole")
PROBE = f"""
import sys
sys.argv = ["rbench", *sys.argv[1:]]
from rbench.benchmark.cli import main
try:
    main()
except SystemExit as left:
    print("LEFT", left.code or 0, [name for name in {HEAVY!r} if name in sys.modules])
"""


@pytest.mark.parametrize(
    "words",
    ["", "--help", "--version", "run --help", "list", "list -v", "list attacks --json", "plan SIZE", "why nothing"],
)
def test_nothing_heavy_is_imported(words, size):
    arguments = [word for part in words.split() for word in (size if part == "SIZE" else [part])]
    command = [sys.executable, "-c", PROBE, *arguments]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    code = 2 if words.startswith("why") else 0
    assert ended.stdout.endswith(f"LEFT {code} []\n"), ended.stdout + ended.stderr
    assert code or len(ended.stdout.splitlines()) > 1


def test_the_module_is_the_command(process):
    done = process("--version")
    assert done.code == 0 and "rbench" in done.out
    assert process().out.startswith("Usage: ")
