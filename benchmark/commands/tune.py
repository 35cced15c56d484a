"""``rbench tune``: the search that a preset comes from, on any data set."""

from __future__ import annotations

import shlex
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from ... import attacks
from ...core.errors import UserError
from ...core.system.files import write_or_tell
from .. import scenarios
from ..grid import plan as plans
from ..grid import resolve
from ..grid.found import Found, preset_lines
from ..grid.options import merge
from ..grid.request import Request
from ..run.session import Session
from ..scenarios.tuning import RATE_SEEDS, SEEDS, Options, PlanTrial, Tuning
from ..stages.graph import Plan
from ..stages.setting import Setting
from ..stages.store import Store
from .grid_options import GridOptions, grid_options
from .session_options import session_options

UNUSED = ("modes", "defenses", "seeds", "quick")
"""Options of a grid that a search chooses itself."""


@click.command(short_help="Search a preset for a data set.")
@click.argument("dataset", required=False)
@partial(grid_options, without=UNUSED)
@click.option("--out", type=click.Path(path_type=Path), help="The preset to write; default: DATASET.toml, if new.")
@click.option(
    "--schedule-seeds", type=click.IntRange(1), default=len(SEEDS), show_default=True, help="Of each schedule tried."
)
@click.option("--rate-seeds", type=click.IntRange(1), default=len(RATE_SEEDS), show_default=True, help="Of each rate.")
@session_options
def tune(
    options: GridOptions,
    session: Session,
    dataset: str | None,
    out: Path | None,
    schedule_seeds: int,
    rate_seeds: int,
) -> None:
    """Search schedules and replacement rates for one data set, and write them as a preset.

    The attacks' scenario says how. For pre-trained models, schedules are chosen by a clean model's
    validation accuracy; each attack's rate is the largest that leaves 80% of a clean model's HR@10
    on the provider's validation items. Exposure is never looked at. What every trial gave is
    written beside the preset, as a table.

    Several models are searched in turn: the preset's own options are the first one's, and [with.MODEL]
    has those of each other. With --attacks clean only schedules are searched; rates stay as they were.
    """
    options = _of(options, dataset)
    if len(options.request.datasets) != 1:
        raise UserError("rbench tune takes one data set.")
    session.check()

    def train(plan: Plan) -> None:
        result = session.execute(plan, None)
        if result.stopped:
            raise UserError(f"a trial failed: {'; '.join(sorted(set(result.stopped.values())))}")

    settings = resolve.build(options.request).settings
    search = _search({setting.scenario for setting in settings})
    out = _target(out, settings[0].dataset.name)
    seeds, many = (tuple(range(SEEDS[0], SEEDS[0] + n)) for n in (schedule_seeds, rate_seeds))
    [wanted] = resolve.by_scenario(options.request)
    if len({setting.model.name for setting in settings}) < len(settings):
        raise UserError(f"--models {','.join(wanted.models)}: a preset has options for a model once; name each once.")
    store, labels = Store(options.store), [variant.label for variant in settings[0].attacks]
    searches = [
        search(model, labels, _planner(options.request, model), store, train, seeds, many) for model in wanted.models
    ]
    for plan in [plan for tuning in searches for plan in tuning.check()]:
        session.look(plan)
    found = [
        Found(setting, *_held(options.request, setting), tuning.run())
        for setting, tuning in zip(settings, searches, strict=True)
    ]
    write_or_tell(out, "\n".join(preset_lines(found, out.with_suffix(".md").name)).encode())
    table = out.with_suffix(".md")
    write_or_tell(table, "\n".join(_tables(searches)).encode())
    click.echo(f"{out.read_text('utf-8')}\nTrials: {table}. Use it: rbench run --preset {shlex.quote(str(out))}")


def _held(request: Request, setting: Setting) -> tuple[Options, str | None]:
    """Return what was not searched, and with which model the rates among it were chosen, None if rates were searched.

    It is what preset, file and --set say for the model: with it the preset is the search's. Rates of attacks that
    were not searched beside others are left out.
    """
    given, tuned = resolve.sections_for(request, setting.dataset.name, setting.model.name)
    configs = {**setting.sections, setting.model.name: setting.model.config, setting.dataset.name: setting.data_config}
    held = {name: {o: getattr(configs[name], o) for o in own} for name, own in given.items() if name in configs}
    for variant in setting.attacks:
        named = [part.partition("=")[0] for part in variant.label.split(":")[1:]]
        held[variant.name] = {o: getattr(variant.config, o) for o in (*given.get(variant.name, {}), *named)}
    if setting.attacks:
        return held, None
    held |= {name: dict(own) for name, own in given.items() if name in attacks.registry.names()}
    return held, (tuned.rates or tuned.model if tuned.dataset == setting.dataset.name else "") or "none"


def _search(names: set[str]) -> type[Tuning]:
    """Return the search of a grid's only scenario.

    Raises:
        UserError: If there are several scenarios, or this one has no search.
    """
    found = {scenario.name: scenario.tuning for scenario in scenarios.every() if scenario.tuning}
    name, *others = sorted(names)
    if name in found and not others:
        return found[name]
    raise UserError(
        f"rbench tune: the grid is in the scenario {' and '.join(sorted(names))}; a search needs one, and "
        f"{', '.join(found)} has one."
    )


def _planner(request: Request, model: str) -> PlanTrial:
    """Return what plans a trial: the request's own options hold throughout, under those of the trial."""

    def plan(attack: str, mode: str, seeds: tuple[int, ...], trial: Options) -> Plan:
        # Not as assignments: a trial has one attack, and may not refuse what is said of the others.
        merged = merge(request.file, request.assignments, trial)
        one = replace(request, attacks=(attack,), modes=(mode,), models=(model,), defenses=("none",), seeds=seeds)
        return plans.build(resolve.build(replace(one, quick=False, file=merged, assignments={})))

    return plan


def _of(options: GridOptions, dataset: str | None) -> GridOptions:
    """Return the options for the one data set that stands after the command, or in --datasets or --config.

    Raises:
        UserError: If none is named, or twice.
    """
    given = click.get_current_context().params
    if dataset is None:
        if given.get("datasets") is None and given.get("config") is None:
            raise UserError("rbench tune searches for hours; name the data set, e.g. rbench tune ml-100k.")
        return options
    if given.get("datasets") is not None:
        raise UserError(f"rbench tune {dataset} and --datasets: name the data set once.")
    return replace(options, request=replace(options.request, datasets=(dataset,)))


def _target(out: Path | None, name: str) -> Path:
    """Return the file to write.

    Raises:
        UserError: If it cannot be written, or was not named and is there already.
    """
    target = out or Path(f"{name}.toml")
    if target.suffix != ".toml":
        raise UserError(f"--out {target}: a preset's name ends in .toml.")
    if target.is_dir() or not target.parent.is_dir():
        wrong = "that is a folder" if target.is_dir() else f"there is no folder {target.parent}"
        raise UserError(f"--out {target}: {wrong}.")
    if out is None and target.exists():
        raise UserError(f"{target} is there already; name the preset to write with --out.")
    try:
        tempfile.TemporaryFile(dir=target.parent).close()
    except OSError as error:
        raise UserError(f"--out {target}: {target.parent} cannot be written to ({error.strerror}).") from error
    return target


def _tables(searches: Sequence[Tuning]) -> Iterator[str]:
    for tuning in searches:
        yield from [f"## {tuning.model}", ""] if len(searches) > 1 else []
        yield from _table(tuning)


def _table(tuning: Tuning) -> Iterator[str]:
    from tabulate import tabulate

    yield from tuning.rules()
    yield ""
    rows = [
        [t.search, ", ".join(f"{s}.{n}={v}" for s, o in t.options.items() for n, v in o.items()), *t.accuracy.values()]
        for t in tuning.trials
    ]
    metrics = tuning.trials[0].accuracy if tuning.trials else ()
    yield tabulate(rows, headers=["search", "options", *metrics], tablefmt="github", floatfmt=".4f")
    yield ""
