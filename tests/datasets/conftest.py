"""Tiny data sets with answers worked out by hand."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

# Tests are no package; so that they can share files all the same, these are imported under a name of their own.
for _name in ("raw_files", "odd_logs", "ways"):
    _spec = importlib.util.spec_from_file_location(f"rbench_{_name}", Path(__file__).parent / f"{_name}.py")
    assert _spec is not None and _spec.loader is not None
    _module = sys.modules.setdefault(_spec.name, importlib.util.module_from_spec(_spec))
    _spec.loader.exec_module(_module)

INTER = """\
user_id:token	item_id:token	rating:float	timestamp:float
10	b	1	30
2	a	5	7
10	a	3	10
2	c	4	7
10	c	2	20
2	b	1	5
9	a	1	1
9	b	1	2
"""
USER = """\
user_id:token	gender:token	age:token	score:float
2	F	29	0.5
10	M		1.5
77	X	50	9
"""
ITEM = """\
item_id:token	title:token_seq	genre:token_seq	year:token
a	The First	Drama War	1990
b	"The Second	Comedy	1991
c	A Third	Drama	1992
z	Nobody's	Horror	1990
"""


@pytest.fixture
def folder(tmp_path: Path) -> Callable[..., Path]:
    """Return a writer of folders: suffix to text or bytes, None to leave that file out."""

    def write(name: str = "toys", **files: str | bytes | None) -> Path:
        path = tmp_path / name
        path.mkdir(parents=True)
        for suffix, text in {"inter": INTER, "user": USER, "item": ITEM, **files}.items():
            if text is not None:
                file = path / ("rbench.toml" if suffix == "toml" else f"{name.lstrip('.')}.{suffix}")
                file.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


@pytest.fixture(autouse=True)
def homes(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep the user's own cache and data folder out of all tests; returns the data folder."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    monkeypatch.setenv("RBENCH_DATA", str(home / "data"))
    return home / "data"
