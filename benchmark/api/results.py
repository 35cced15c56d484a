"""Read and compare the results of runs."""

from __future__ import annotations

from pathlib import Path

from ..leaderboard.compare import ResultsComparison
from ..leaderboard.results import Results
from .words import Path_


def results(directory: Path_) -> Results:
    """Read the results that a run left in its folder.

    Raises:
        UserError: If there are none, or one cannot be read.
    """
    return Results.of(Path(directory))


def compare(first: Path_ | Results, second: Path_ | Results) -> ResultsComparison:
    """Compare two folders of results: cells paired by place and seed, differences being second - first.

    Raises:
        UserError: If they follow different protocols (names every option that differs), or share no cell.
    """
    one, other = (found if isinstance(found, Results) else results(found) for found in (first, second))
    return one.compare(other)
