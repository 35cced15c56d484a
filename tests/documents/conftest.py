from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = {
    "rbench_import_graph": ROOT / "tests" / "documents" / "import_graph.py",
    "rbench_perf_page": ROOT / "tests" / "perf" / "page.py",
    "rbench_perf_publishing": ROOT / "tests" / "perf" / "publishing.py",
}
for name, path in SHARED.items():  # tests are no package: what they share is imported under a name of its own
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None and spec.loader is not None
    module = sys.modules.setdefault(name, importlib.util.module_from_spec(spec))
    spec.loader.exec_module(module)
FENCE = re.compile(r"^```(\S*)[ ]?(.*?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def blocks() -> Callable[[str], list[tuple[str, str, str]]]:
    """Return a reader of a document's code blocks: (language, what follows it, content)."""
    return lambda name: FENCE.findall((ROOT / name).read_text("utf-8"))


@pytest.fixture(scope="session")
def lines(blocks) -> Callable[[str, str], list[list[str]]]:
    """Return a reader of a document's command lines that begin with a word, split."""
    import shlex

    def read(name: str, word: str) -> list[list[str]]:
        shell = "".join(content for language, _, content in blocks(name) if language == "sh")
        return [
            shlex.split(line, comments=True)[1:] for line in shell.splitlines() if line.strip().startswith(f"{word} ")
        ]

    return read


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Return a runner of ``python -m`` in an empty folder, with a store of its own."""
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
        "RBENCH_STORE": str(tmp_path / "store"),
    }

    def call(*words: str, path: str = "", cwd: Path = tmp_path) -> subprocess.CompletedProcess[str]:
        own = environment | ({"PYTHONPATH": path} if path else {})
        return subprocess.run([sys.executable, "-m", *words], cwd=cwd, env=own, capture_output=True, text=True)

    return call
