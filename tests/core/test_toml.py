"""Every TOML file of the user is read in one way, and what is wrong with one is told in one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from rbench.benchmark.grid.options import load_preset
from rbench.benchmark.leaderboard.claims import load
from rbench.core.errors import UserError
from rbench.core.toml import read_toml
from rbench.datasets.own.settings import read_settings

READERS = {
    "rbench.toml": lambda path: read_settings(path.parent),
    "preset.toml": lambda path: load_preset(str(path)),
    "claims.toml": lambda path: load([path]),
    "any.toml": read_toml,
}


def test_a_table(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('[train]\nlr = 0.1\nnames = ["ü"]\n', "utf-8")
    assert read_toml(tmp_path / "a.toml") == {"train": {"lr": 0.1, "names": ["ü"]}}


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize(
    ("content", "says"),
    [(b"a = 1\nb = = 2\n", "line 2"), (b"a = 1\na = 2\n", "line 2"), (b"\xff\xfe", "utf-8")],
)
def test_what_is_no_toml(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UserError) as caught:
        READERS[name](path)
    message = str(caught.value)
    assert message.startswith(f"{path} is not valid TOML: ") and says in message and message.endswith(".")


@pytest.mark.parametrize("name", [name for name in READERS if name != "rbench.toml"])
def test_what_is_not_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match=r"could not be read: No such file or directory\.$"):
        READERS[name](tmp_path / name)
