"""One data set by name, brought and read as a grid would have it."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from ... import datasets
from ...core.errors import UserError
from ...core.interactions import Interactions
from ...datasets.io.raw import RawDataset
from .options import Sections, check_sections, load_preset, merge, preset_for


def read_dataset(
    name: str, assignments: Sections, preset: str | None = None, source: str | None = None
) -> tuple[Interactions, datasets.DatasetConfig]:
    """Load a data set; returns it and its options. What was brought for it is printed on stderr.

    Args:
        name: Its name, or a folder.
        assignments: Its options, as given to --set, in the section of its name.
        preset: Where its other options come from; default: the preset of its name.
        source: Archive, folder or published place to bring raw files from; files that are missing and can be
            downloaded are brought without.

    Raises:
        UserError: If the data set or an option is unknown, or its files are missing or bad.
    """
    spec = datasets.resolve(name)
    check_sections(assignments, [spec.name], "--set")
    options = merge({spec.name: load_preset(preset_for(spec.name, preset)).get(spec.name, {})}, assignments)[spec.name]
    brought = _bring(spec, source, bool(options.get("path")))
    config = spec.configure(options)
    try:
        return spec.open(config).load(), config
    except UserError:
        if brought is not None:  # what is refused must not stand in the way of better files
            shutil.rmtree(brought)
        raise


def _bring(spec: datasets.DatasetSpec, source: str | None, elsewhere: bool) -> Path | None:
    """Put raw files into the data folder if they are given, or can be downloaded and are missing.

    Returns:
        Their folder there, if they were taken from a file or folder and nothing was there before.
    """
    from ...datasets.io.install import install, missing
    from ...datasets.io.places import data_home

    cls = spec.make
    if not (isinstance(cls, type) and issubclass(cls, RawDataset)):
        if source is not None:
            raise UserError(f"--from {source}: data set {spec.name} is read where it lies, and needs no files brought.")
        return None
    if source is None and cls.links and not elsewhere and missing(cls):
        source = next(iter(cls.links))
    if source is None:
        return None
    new = missing(cls) and (source not in cls.links or os.path.exists(source))
    print(install(cls, source), file=sys.stderr)
    return data_home() / cls.name if new else None
