from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

# A path that only exists on somebody's machine; URLs and relative paths may have such folders.
MACHINE = re.compile(r"(?<![\w.~}$%-])/(?:work|home|root)/")


def test_no_paths_of_one_machine(root: Path, tracked: list[PurePosixPath]) -> None:
    wrong = []
    for path in tracked:
        data = (root / path).read_bytes()
        if b"\0" in data:
            continue
        text = data.decode("utf-8")
        if MACHINE.search(text):
            lines = enumerate(text.splitlines(), 1)
            wrong += [f"{path}:{number}: {line.strip()}" for number, line in lines if MACHINE.search(line)]
    assert wrong == []
