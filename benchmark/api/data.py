"""Read a data set."""

from __future__ import annotations

import os
from collections.abc import Sequence

from ...core.interactions import Interactions
from ..grid.dataset import read_dataset
from ..grid.request import read_assignments
from .words import Options, Path_, load_plugins


def data(
    name: Path_,
    *,
    source: Path_ | None = None,
    preset: Path_ | None = None,
    options: Options = None,
    plugins: Path_ | Sequence[Path_] = (),
) -> Interactions:
    """Read a data set; as the command ``rbench data``, before users are shared out.

    Args:
        name: Its name, or the path of a folder.
        source: Archive, folder or published place to bring raw files from, as ``--from``.
        preset: Where its options come from; default: the preset of its name.
        options: As to ``--set``: ``{"checkerboard.users": 60}``.
        plugins: Python files that register data sets.

    Raises:
        UserError: If the data set or an option is unknown, or its files are missing or bad.
    """
    load_plugins(plugins)
    assignments = read_assignments(options)
    words = (None if word is None else os.fspath(word) for word in (preset, source))
    return read_dataset(os.fspath(name), assignments, *words)[0]
