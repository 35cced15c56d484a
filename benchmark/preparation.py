"""The data stages, made in this process before all others: bad data are refused before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace

from ..core.artifacts import decode
from ..core.errors import UserError
from .plan import Plan
from .runner import Display, Survey, altered
from .stage import Stage
from .store import Damaged, Store
from .work import Job, make

DATA = ("dataset", "partition", "targets")


def prepare(plan: Plan, survey: Survey, store: Store, make_job: Callable[[Stage], Job], display: Display) -> Survey:
    """Make the data stages that the store lacks; returns the survey as it is then.

    Raises:
        UserError: If the data are bad, or lack what a stage of the plan needs.
    """
    notes = list(survey.notes)

    def once(stage: Stage) -> None:
        display.started(stage)
        display.finished(stage, make(make_job(stage)))
        made.append(stage.id)

    def again(stage: Stage) -> None:
        try:
            once(stage)
        except Damaged as found:  # on a remote store, where nothing is read for its checksum alone
            notes.append(altered(found.stage_id, found.file))
            again(plan.stages[found.stage_id])
            once(stage)

    made: list[str] = []
    for stage in plan.stages.values():
        if stage.kind in DATA and stage.id not in survey.done:
            again(stage)
    done = survey.done | set(made)
    _check_attributes([stage for stage in plan.stages.values() if stage.id not in done], store)
    return replace(survey, done=done, notes=notes, made=len(made))


def _check_attributes(left: Iterable[Stage], store: Store) -> None:
    """Refuse prompts for users without attributes."""
    wanting: dict[str, set[str]] = {}
    for stage in left:
        if "prompt" in stage.params.get("sections", {}):
            wanting.setdefault(stage.parents["partition"], set()).add(stage.name)
    for partition, names in wanting.items():
        with suppress(Damaged):  # whoever reads it next has it made again
            data = decode(store.load(partition)).platform
            if not data.attributes:
                raise UserError(
                    f"{', '.join(sorted(names))} would make prompts from users' attributes, and {data.name} has none; "
                    "leave out such attacks and modes, or give the data attributes."
                )
