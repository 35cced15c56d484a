"""One data set by name, brought and read as a grid would have it."""

from __future__ import annotations

import sys

from ... import datasets
from ...core.errors import UserError
from ...core.interactions import Interactions
from ...datasets.files.raw import RawDataset
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
    _bring(spec, source, bool(options.get("path")))
    config = spec.configure(options)
    return spec.open(config).load(), config


def _bring(spec: datasets.DatasetSpec, source: str | None, elsewhere: bool) -> None:
    """Put raw files into the data folder if they are given, or can be downloaded and are missing."""
    from ...datasets.files.install import install, missing

    cls = spec.make
    if not (isinstance(cls, type) and issubclass(cls, RawDataset)):
        if source is not None:
            raise UserError(f"--from {source}: data set {spec.name} is read where it lies, and needs no files brought.")
        return
    if source is None and cls.links and not elsewhere and missing(cls):
        source = next(iter(cls.links))
    if source is not None:
        print(install(cls, source), file=sys.stderr)
