"""From a directory with records to the leaderboard's files, and whether those there are still the ones."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from ...core.errors import UserError
from ...core.files import write_atomically
from ...core.record import Record
from ...core.records import read_all
from .. import scenarios
from .aggregate import Aggregated, aggregate
from .build import build, render
from .claims import Claim


def write(directory: str | Path, claims: Sequence[Claim] | None = None, found: Aggregated | None = None) -> list[Path]:
    """Build the leaderboard from ``directory/records/*.json`` and write it beside them, each file atomically.

    A CSV of ours that the records no longer give is removed: beside new files it would mislead.

    Args:
        directory: A run's results.
        claims: The claims to be judged; by default those that come with rbench.
        found: What the directory's records come to, if they have been read already.

    Returns:
        The files written.

    Raises:
        UserError: If there are no records, or one cannot be read.
    """
    folder = Path(directory)
    files = render(aggregate(records_of(folder)) if found is None else found, claims)
    for name in _present(folder) - set(files):
        (folder / name).unlink()
    for name, content in files.items():
        write_atomically(folder / name, content)
    return [folder / name for name in files]


def check(directory: str | Path, claims: Sequence[Claim] | None = None) -> list[str]:
    """Return the names of leaderboard files that differ by a byte from what the records give, sorted.

    A missing file differs, and so does one that the records don't give.

    Raises:
        UserError: If there are no records, or one cannot be read.
    """
    folder = Path(directory)
    files = build(records_of(folder), claims)
    present = _present(folder)
    differing = {n for n, content in files.items() if n not in present or (folder / n).read_bytes() != content}
    return sorted(differing | (present - set(files)))


def records_of(directory: Path) -> list[Record]:
    """Return the records of a run's results.

    Raises:
        UserError: If there are none, or one cannot be read.
    """
    records = read_all(directory / "records")
    if not records:
        raise UserError(f"{directory / 'records'} holds no records; run a benchmark into {directory} first.")
    return records


def _present(folder: Path) -> set[str]:
    """Return the names of the files in a folder that a leaderboard may consist of."""
    own = [name for scenario in scenarios.every() for name in scenario.own_files]
    stems = "|".join(re.escape(name.removesuffix(".csv")) for name in ("leaderboard.csv", *own))
    ours = re.compile(rf"({stems})(-[0-9a-f]{{8}})?\.csv|leaderboard\.md")
    return {path.name for path in folder.iterdir() if path.is_file() and ours.fullmatch(path.name)}
