"""From a directory with records to the leaderboard's files, and whether those there are still the ones."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from ...core.errors import UserError
from ...core.records.folder import read_all
from ...core.records.record import Record
from ...core.system.files import write_or_tell
from .. import scenarios
from ..tables.pictures.drawing import matplotlib_version
from .aggregate import Aggregated, aggregate, sort
from .build import figures, files
from .claims import Claim, load
from .html.index import Folder, index

PAGE, INDEX = "leaderboard.html", "index.html"
_MATPLOTLIB = re.compile(rb"Matplotlib v(?:ersion)?(\d[\w.+]*)")


def write(
    directory: str | Path, claims: Sequence[Claim] | None = None, found: Aggregated | None = None, html: bool = False
) -> list[Path]:
    """Build the leaderboard from ``directory/records/*.json`` and write it beside them, each file atomically.

    A page in HTML and pictures that lie there are made again. A file of ours that the records no longer give is
    removed, and so is a picture of other numbers that cannot be drawn again: beside new files it would mislead.

    Args:
        directory: A run's results.
        claims: The claims to be judged; by default those that come with rbench.
        found: What the directory's records come to, if they have been read already.
        html: Whether to make the page in HTML where there is none yet.

    Returns:
        The files written.

    Raises:
        UserError: If there are no records, one cannot be read, or a file cannot be written.
    """
    folder = Path(directory)
    found = aggregate(records_of(folder)) if found is None else found
    present = _present(folder)
    made = files(found, claims, html or PAGE in present)
    pictures = _pictures(present)
    try:
        made |= _drawn(found, pictures)
        undrawn = set()
    except UserError:  # what they are drawn with isn't installed
        undrawn = set() if _differing(folder, made) else pictures
    for name in present - set(made) - undrawn:
        (folder / name).unlink()
    for name, content in made.items():
        write_or_tell(folder / name, content)
    return [folder / name for name in made]


def check(directory: str | Path, claims: Sequence[Claim] | None = None, html: bool = False) -> list[str]:
    """Return the names of leaderboard files that differ by a byte from what the records give, sorted.

    A missing file differs, and so does one that the records don't give. The page in HTML counts if it is there or asked
    for, pictures if they are there; what :func:`uncompared` returns does not.

    Raises:
        UserError: If there are no records, or one cannot be read.
    """
    folder = Path(directory)
    found = aggregate(records_of(folder))
    others = {*uncompared(folder)}
    present = _present(folder) - others
    made = files(found, claims, PAGE in present or (html and PAGE not in others)) | _drawn(found, _pictures(present))
    return sorted(_differing(folder, made) | (present - set(made)))


def write_index(directory: str | Path, claims: Sequence[Claim] | None = None) -> Path:
    """Write ``index.html`` over all folders of results below a directory; returns its path.

    Raises:
        UserError: If there are none, or a record cannot be read.
    """
    path = Path(directory) / INDEX
    write_or_tell(path, _index(Path(directory), claims))
    return path


def check_index(directory: str | Path, claims: Sequence[Claim] | None = None) -> list[str]:
    """Return the name of the index if it differs by a byte from what the folders' records give.

    Raises:
        UserError: If there are no folders of results, or a record cannot be read.
    """
    return sorted(_differing(Path(directory), {INDEX: _index(Path(directory), claims)}))


def is_index(directory: str | Path) -> bool:
    """Return whether a directory has no records itself, but folders of results below it."""
    return not (Path(directory) / "records").is_dir() and bool(_folders(Path(directory)))


def uncompared(directory: str | Path) -> list[str]:
    """Return the names of pictures, and of pages with pictures, by another matplotlib than the one here, sorted.

    Each version draws the same numbers as the same bytes, but not as the bytes of another version.
    """
    folder = Path(directory)
    present = _present(folder)
    names = _pictures(present) | ({PAGE} & present)
    drawn = {name: _MATPLOTLIB.search((folder / name).read_bytes()) for name in names}
    return sorted(name for name, found in drawn.items() if found and found[1].decode() != matplotlib_version())


def records_of(directory: Path) -> list[Record]:
    """Return the records of a run's results.

    Raises:
        UserError: If there are none, or one cannot be read.
    """
    records = read_all(directory / "records")
    if not records:
        raise UserError(f"{directory / 'records'} holds no records; run a benchmark into {directory} first.")
    return records


def _index(directory: Path, claims: Sequence[Claim] | None) -> bytes:
    found = [
        Folder(
            path.relative_to(directory).as_posix(),
            PAGE if (path / PAGE).is_file() else "leaderboard.md",
            sort(records_of(path)),
        )
        for path in _folders(directory)
    ]
    if not found:
        raise UserError(f"{directory} holds no folders with records; run a benchmark into one of them first.")
    return index(found, load() if claims is None else claims)


def _folders(directory: Path) -> list[Path]:
    return sorted(path.parent for path in directory.rglob("records") if path.is_dir())


def _differing(folder: Path, made: dict[str, bytes]) -> set[str]:
    """Return the names of files that are missing or have other content."""
    return {n for n, content in made.items() if not (folder / n).is_file() or (folder / n).read_bytes() != content}


def _drawn(found: Aggregated, names: set[str]) -> dict[str, bytes]:
    """Return those pictures that are named; without names nothing is drawn."""
    return figures([result_set for result_set, _ in found], names) if names else {}


def _pictures(names: Iterable[str]) -> set[str]:
    return {name for name in names if not name.endswith((".md", ".csv", ".html"))}


def _present(folder: Path) -> set[str]:
    """Return the names of the files in a folder that a leaderboard may consist of."""
    own = [name.partition(".") for scenario in scenarios.every() for name in scenario.own_files]
    names = "|".join(rf"{re.escape(s)}(-[0-9a-f]{{8}})?\.{re.escape(end)}" for s, _, end in own)
    ours = re.compile(rf"leaderboard\.(md|html)|leaderboard(-[0-9a-f]{{8}})?\.csv|{names}")
    return {path.name for path in folder.iterdir() if path.is_file() and ours.fullmatch(path.name)}
