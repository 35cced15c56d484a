"""Read and compare the results of runs."""

from __future__ import annotations

from ..leaderboard.compare import ResultsComparison
from ..leaderboard.results import Results
from ..stages.mirror import result_folder
from .words import Path_


def results(directory: Path_) -> Results:
    """Read the results that a run left in its folder, or at a URL.

    Raises:
        UserError: If there are none, or one cannot be read.
    """
    with result_folder(directory, "DIR") as folder:
        found = Results.of(folder.path)
        found.name = folder.name
        return found


def compare(first: Path_ | Results, second: Path_ | Results) -> ResultsComparison:
    """Compare two folders of results: cells paired by place and seed, differences being second - first.

    Raises:
        UserError: If they follow different protocols (names every option that differs), or share no cell.
    """
    one, other = (found if isinstance(found, Results) else results(found) for found in (first, second))
    return one.compare(other)
