"""What notebooks and commands call: run, plan, results, data, compare, export, handover."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ..core.errors import UserError
from ..core.handover import folder as handover_folder
from ..core.interactions import Interactions
from ..core.pretrained import Pretrained
from ..core.records.record import Record
from ..core.registry import PLUGIN, load_plugin
from . import scenarios
from .grid import plan as plans
from .grid import resolve
from .grid.dataset import read_dataset
from .grid.request import Request, read_assignments, read_request
from .leaderboard import report
from .leaderboard.compare import ResultsComparison
from .leaderboard.results import Results
from .run import executors, runner
from .run.collector import collecting
from .run.records import RecordFolder
from .run.run_plan import RunPlan, notes
from .run.session import Session
from .stages.handed_over import handed_over
from .stages.setting import Grid
from .stages.store import Store, default_url

Path_ = str | os.PathLike[str]
Names = str | Sequence[Path_] | None
Seeds = int | str | Iterable[int] | None
Options = Mapping[str, Any] | Iterable[str] | None
Words = dict[str, object]


def run(
    *,
    attacks: Names = None,
    modes: Names = None,
    datasets: Names = None,
    models: Names = None,
    defenses: Names = None,
    seeds: Seeds = None,
    preset: Path_ | None = None,
    quick: bool = False,
    config: Path_ | None = None,
    options: Options = None,
    store: Path_ | None = None,
    out: Path_ = "rbench-results",
    executor: str = "local",
    workers: int | None = None,
    device: str = "auto",
    display: str = "auto",
    plugins: Path_ | Sequence[Path_] = (),
) -> Results:
    """Run what is missing of a benchmark, and write records and leaderboard; as the command ``rbench run``.

    The baselines are always in it. What is not named is chosen by the scenario of the attacks. A cell that
    fails doesn't stop the others, and doesn't raise: see ``Results.failed``. Stopped at any moment, the same
    call goes on from there.

    Args:
        attacks: Names, with options after them if need be (``"pea:suppress=0"``); ``"clean"`` for baselines alone.
        modes: How the platform uses the model.
        datasets: Names, or paths of folders; default: ``ml-100k``.
        models: Victims.
        defenses: Names; ``"none"`` for none.
        seeds: How many, or which; default: 3, that is 0, 1, 2.
        preset: Options for the data sets, by name or TOML file; default: the preset of each one's name.
        quick: One seed and short training: numbers for a first look.
        config: A TOML file with the grid and sections of options; what is given here stands over it.
        options: As to ``--set``: ``{"bra.rate": 0.3}``.
        store: URL or path where stages are kept; default: ``$RBENCH_STORE``, or the user's cache.
        out: Folder for records and leaderboard.
        executor: Where stages run: ``local`` (processes of this machine), ``serial`` (this process), or a plug-in's.
        workers: Stages at once; default: one a processor.
        device: ``auto``, ``cpu`` or ``cuda``.
        display: What is shown meanwhile: ``auto``, ``rich``, ``plain`` or ``none``.
        plugins: Python files that register methods.

    Returns:
        All results in ``out``, those of earlier runs too.

    Raises:
        UserError: If something asked for is unknown or impossible, or a worker was killed; names it.
    """
    files = _load(plugins)
    words: Words = {"attacks": attacks, "modes": modes, "datasets": datasets, "models": models, "defenses": defenses}
    words |= {"seeds": seeds, "preset": preset, "quick": quick, "config": config, "options": options}
    session = Session(_url(store), executor, workers, device, files, display)
    return execute(read_request(words), session, Path(out).expanduser()).results


def plan(
    *,
    attacks: Names = None,
    modes: Names = None,
    datasets: Names = None,
    models: Names = None,
    defenses: Names = None,
    seeds: Seeds = None,
    preset: Path_ | None = None,
    quick: bool = False,
    config: Path_ | None = None,
    options: Options = None,
    store: Path_ | None = None,
    plugins: Path_ | Sequence[Path_] = (),
) -> RunPlan:
    """Say what :func:`run` would do with the same arguments, without doing it.

    Raises:
        UserError: If something asked for is unknown or impossible; names it.
    """
    _load(plugins)
    words: Words = {"attacks": attacks, "modes": modes, "datasets": datasets, "models": models, "defenses": defenses}
    words |= {"seeds": seeds, "preset": preset, "quick": quick, "config": config, "options": options}
    return make_plan(read_request(words), _url(store))


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
    _load(plugins)
    assignments = read_assignments(options)
    words = (None if word is None else os.fspath(word) for word in (preset, source))
    return read_dataset(os.fspath(name), assignments, *words)[0]


def export(stage_id: str, directory: Path_, *, store: Path_ | None = None) -> str:
    """Write the model that a stage made into a new hand-over folder; as the command ``rbench export``.

    Args:
        stage_id: The stage's id, or a unique beginning of it.
        directory: Where nothing is yet, or an empty folder.
        store: URL or path where stages are kept; default: ``$RBENCH_STORE``, or the user's cache.

    Returns:
        The stage's whole id.

    Raises:
        UserError: If no stage is called so, it made no model, or the folder cannot be written.
    """
    found, model, item_ids = handed_over(Store(_url(store)), stage_id)
    handover_folder.write(directory, model, item_ids)
    return found


def handover(directory: Path_) -> tuple[Pretrained, tuple[str, ...]]:
    """Read a hand-over folder, whoever wrote it; nothing in it is executed.

    Returns:
        The model, and the ids of its items: item ``i`` at position ``i - 1``.

    Raises:
        UserError: If it is no such folder; says why.
    """
    return handover_folder.read(directory)


@dataclass(frozen=True)
class Finished:
    """A run that came to its end.

    Attributes:
        results: All results in its folder.
        result: How its own cells and stages went.
        written: The leaderboard's files.
        notes: What to know before the numbers are used, a sentence each.
    """

    results: Results
    result: runner.Result
    written: list[Path]
    notes: tuple[str, ...]


def execute(request: Request, session: Session, out: Path) -> Finished:
    """Run what is missing of a request, set aside records that no longer fit, and write the leaderboard.

    Raises:
        UserError: Before anything is written to ``out``, or if a worker was killed.
    """
    with collecting(False):
        grid = resolve.build(request)
        planned = plans.build(grid)
        _check_out(out)
        session.check()
        result = _reachable(session, grid).execute(planned, out)
        assert result.records is not None
        found = Results(_retire(result.records, grid), str(out))
        return Finished(found, result, report.write(out, found=found.aggregated), notes(planned))


def make_plan(request: Request, store: str) -> RunPlan:
    """Plan a request, and look at what a store has of it.

    Raises:
        UserError: If something asked for is unknown or impossible.
    """
    with collecting(False):
        return RunPlan.of(plans.build(resolve.build(request)), Store(store))


def _retire(folder: RecordFolder, grid: Grid) -> list[Record]:
    """Set aside other seeds' records of the same rows if other options or versions made them: no mean may mix them.

    Returns:
        The records that stay.
    """
    records = folder.read()
    seeds = {record.cell.seed for record in records} - set(grid.seeds)
    if not seeds:
        return records
    if retired := folder.retire(plans.build(replace(grid, seeds=tuple(sorted(seeds))))):
        print(
            f"{len(retired)} records of other seeds were made by other options or versions; they are kept in "
            f"{folder.superseded}.",
            file=sys.stderr,
        )
        records = folder.read()
    return records


def _check_out(out: Path) -> None:
    """Check that results can be written to a place, and that it holds nothing else.

    Raises:
        UserError: Saying which.
    """
    if out.exists() and not out.is_dir():
        raise UserError(f"--out {out} is a file; name a directory.")
    if out.is_dir() and any(out.iterdir()) and not (out / "records").is_dir():
        raise UserError(f"--out {out} holds other things than a benchmark's results; name an empty or new directory.")
    nearest = next(p for p in (out, *out.absolute().parents) if p.exists())
    try:
        tempfile.TemporaryFile(dir=nearest).close()
    except OSError as error:
        raise UserError(f"--out {out}: {nearest} cannot be written to ({error.strerror}).") from error


def _reachable(session: Session, grid: Grid) -> Session:
    """Return the session with the plug-in files of every method in play, those loaded by an earlier call too.

    Raises:
        UserError: If a method is defined where other processes cannot find it.
    """
    files = dict.fromkeys(session.plugins)
    for cls in _classes(grid):
        if cls.__module__.startswith(PLUGIN):
            files[str(sys.modules[cls.__module__].__file__)] = None
        if cls.__module__ == "__main__" and not executors.registry.get(session.executor).in_process:
            raise UserError(
                f"{cls.__name__} is defined in the script or notebook that runs, where the processes of --executor "
                f"{session.executor} cannot find it; put it into a file and name that with --plugin, or use --executor "
                "serial."
            )
    return replace(session, plugins=tuple(files))


def _classes(grid: Grid) -> Iterator[type]:
    for setting in grid.settings:
        yield type(scenarios.get(setting.scenario))
        yield from (variant.cls for variant in (setting.model, *setting.attacks, *setting.defenses))


def _load(plugins: Path_ | Sequence[Path_]) -> tuple[str, ...]:
    files = tuple(os.fspath(file) for file in ([plugins] if isinstance(plugins, (str, os.PathLike)) else plugins))
    for file in files:
        load_plugin(file)
    return files


def _url(store: Path_ | None) -> str:
    return default_url() if store is None else os.fspath(store)
