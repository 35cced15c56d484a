"""Run and plan a grid: what is planned, what is run, and what that leaves."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...core.errors import UserError
from ...core.records.record import Record
from ...core.registry import PLUGIN
from .. import scenarios
from ..grid import plan as plans
from ..grid import resolve
from ..grid.request import Request, read_request
from ..leaderboard import report
from ..leaderboard.results import Results
from ..run import executors, runner
from ..run.collector import collecting
from ..run.records import RecordFolder
from ..run.run_plan import RunPlan, notes
from ..run.session import Session, read_limits
from ..run.shares.share import Share
from ..stages.mirror import ResultFolder, result_folder
from ..stages.setting import Grid
from ..stages.store import Store
from .words import Names, Options, Path_, Seeds, load_plugins, store_url

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
    address: str | None = None,
    scheduler_file: Path_ | None = None,
    shard: str | None = None,
    fail_fast: bool = False,
    timeout: str | float | None = None,
    max_memory: str | float | None = None,
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
        out: Folder for records and leaderboard, or a URL of one.
        executor: Where stages run: ``local`` (processes of this machine), ``serial`` (this process), ``dask``
            (a Dask cluster), or a plug-in's.
        workers: Stages at once; default: one a processor.
        device: ``auto``, ``cpu`` or ``cuda``.
        display: What is shown meanwhile: ``auto``, ``rich``, ``plain`` or ``none``.
        plugins: Python files that register methods.
        address: Of the scheduler of a Dask cluster to join, e.g. ``"tcp://host:8786"``.
        scheduler_file: What such a scheduler wrote.
        shard: ``"2/8"`` runs the second of eight shares of the cells, beside others over the same store.
        fail_fast: Begin no further stage once one has failed.
        timeout: What a stage may take, in seconds or as ``"2h"``; one that takes longer has failed.
        max_memory: What a stage may ask for, in bytes or as ``"4GB"``; one that asks for more has failed.

    Returns:
        All results in ``out``, those of earlier runs too.

    Raises:
        UserError: If something asked for is unknown or impossible; names it.
    """
    files = load_plugins(plugins)
    words: Words = {"attacks": attacks, "modes": modes, "datasets": datasets, "models": models, "defenses": defenses}
    words |= {"seeds": seeds, "preset": preset, "quick": quick, "config": config, "options": options}
    file = None if scheduler_file is None else str(Path(scheduler_file).expanduser())
    share = None if shard is None else Share.read(shard)
    where = (store_url(store), executor, workers, device, files, display, address, file, share)
    session = Session(*where, fail_fast=fail_fast, **read_limits(timeout, max_memory))
    return execute(read_request(words), session, out).results


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
    load_plugins(plugins)
    words: Words = {"attacks": attacks, "modes": modes, "datasets": datasets, "models": models, "defenses": defenses}
    words |= {"seeds": seeds, "preset": preset, "quick": quick, "config": config, "options": options}
    return make_plan(read_request(words), store_url(store))


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
    written: list[str]
    notes: tuple[str, ...]


def execute(request: Request, session: Session, out: Path_) -> Finished:
    """Run what is missing of a request, set aside records that no longer fit, and write the leaderboard.

    Raises:
        UserError: Before anything is written to ``out``.
    """
    with collecting(False):
        grid = resolve.build(request)
        planned = plans.build(grid)
        session.check()
        with result_folder(out, "--out", write=True) as folder:
            _check_out(folder.path)
            result = reachable(session, grid).execute(planned, folder.path, folder.remote)
            assert result.records is not None
            found = Results(_retire(result.records, grid, folder), folder.name)
            result.records.seal()
            written = [folder.shown(path) for path in report.write(folder.path, found=found.aggregated)]
        return Finished(found, result, written, notes(planned))


def make_plan(request: Request, store: str, share: Share | None = None) -> RunPlan:
    """Plan a request, or a share of it, and look at what a store has of it.

    Raises:
        UserError: If something asked for is unknown or impossible.
    """
    with collecting(False):
        whole = plans.build(resolve.build(request))
        return RunPlan.of(whole if share is None else share.plan(whole), Store(store))


def _retire(records_folder: RecordFolder, grid: Grid, folder: ResultFolder) -> list[Record]:
    """Set aside other seeds' records of the same rows if other options or versions made them: no mean may mix them.

    Returns:
        The records that stay.
    """
    records = records_folder.read()
    seeds = {record.cell.seed for record in records} - set(grid.seeds)
    if not seeds:
        return records
    if retired := records_folder.retire(plans.build(replace(grid, seeds=tuple(sorted(seeds))))):
        print(
            f"{len(retired)} records of other seeds were made by other options or versions; they are kept in "
            f"{folder.shown(records_folder.superseded)}.",
            file=sys.stderr,
        )
        records = records_folder.read()
    return records


def check_places(session: Session, out: Path) -> None:
    """Check what a session and its results need, as a run would; nothing is left behind.

    Raises:
        UserError: If a word is unknown, or a place cannot be written to or holds something else.
    """
    _check_out(out)
    session.check_words()
    store = Store(session.store)
    if store.local:
        _check_writable("--store", Path(store.root))


def _check_out(out: Path) -> None:
    """Check that results can be written to a place, and that it holds nothing else.

    Raises:
        UserError: Saying which.
    """
    if out.exists() and not out.is_dir():
        raise UserError(f"--out {out} is a file; name a directory.")
    held = {path.name for path in out.iterdir()} if out.is_dir() else set()
    if held and held.isdisjoint({"records", "grid.toml"}):  # a grid's file may wait where its results will be
        raise UserError(f"--out {out} holds other things than a benchmark's results; name an empty or new directory.")
    _check_writable("--out", out)


def _check_writable(option: str, place: Path) -> None:
    nearest = next(p for p in (place, *place.absolute().parents) if p.exists())
    try:
        tempfile.TemporaryFile(dir=nearest).close()
    except OSError as error:
        raise UserError(f"{option} {place}: {nearest} cannot be written to ({error.strerror}).") from error


def reachable(session: Session, grid: Grid) -> Session:
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
        yield from (variant.cls for variant in (setting.model, *setting.methods))
