"""The small rbench.toml beside a folder's files: options that belong to the data."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from ...core.config import configure
from ...core.errors import UserError
from ...core.toml import read_toml
from ..files.base import DatasetConfig
from ..files.names import display_name
from .config import FolderConfig

FILE = "rbench.toml"


def read_settings(folder: Path, cls: type[DatasetConfig] = FolderConfig) -> dict[str, object]:
    """Return the options in the folder's rbench.toml, and the data set's ``name``; none where there is no such file.

    Args:
        folder: Where the files lie.
        cls: Which options there are.

    Raises:
        UserError: If the file is no TOML, or holds an option that is unknown or does not fit.
    """
    path = folder / FILE
    if not path.is_file():
        return {}
    given = read_toml(path)
    if isinstance(given.get("buckets"), dict):
        given["buckets"] = "+".join(f"{name}:{width}" for name, width in given["buckets"].items())
    kinds = {f.name: type(f.default) for f in dataclasses.fields(cls)}
    for key, value in given.items():
        # A list or a table would otherwise become its own text in an option that wants text.
        if kinds.get(key) is str and not isinstance(value, str):
            raise UserError(f"{path}: {key} = {value} should be text in quotes.")
    name = given.pop("name", None)
    if name is not None and (not isinstance(name, str) or name != display_name(Path(name))):
        raise UserError(f"{path}: name = {name!r} should be text of letters, digits, points, underscores and hyphens.")
    config = configure(cls, given, str(path))
    return {key: getattr(config, key) for key in given} | ({} if name is None else {"name": name})
