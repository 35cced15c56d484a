"""Files are written whole or not at all, whoever else writes them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rbench.core.system.files import write_atomically
from rbench.datasets.files.disk import new_folder


def test_two_writers_with_the_same_process_id(tmp_path: Path) -> None:
    """Containers that share a volume have processes of the same id; so have two threads."""
    path = tmp_path / "value.json"

    def write(number: int) -> None:
        write_atomically(path, str(number).encode() * 10_000)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(10, 90)))  # raises what a writer raised
    content = path.read_bytes()
    assert content == content[:2] * 10_000
    assert [found.name for found in tmp_path.iterdir()] == ["value.json"]


def test_two_makers_of_the_same_folder_with_the_same_process_id(tmp_path: Path) -> None:
    first, second = new_folder(tmp_path / "same"), new_folder(tmp_path / "same")
    (first.__enter__() / "kept").write_text("kept")
    second.__enter__()
    first.__exit__(None, None, None)
    assert (tmp_path / "same" / "kept").read_text() == "kept"
