"""The data stages, made in this process before all others: bad data are refused before anything is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from ...core.errors import UserError, in_words
from .. import scenarios
from ..stages.graph import Plan
from ..stages.stage import Stage
from ..stages.store import Damaged, Store
from .runner import Display, StoreStatus, altered
from .scheduler import ATTEMPTS
from .worker import Job, make


def prepare(
    plan: Plan, status: StoreStatus, store: Store, make_job: Callable[[Stage], Job], display: Display
) -> StoreStatus:
    """Make the data stages that the store lacks; returns the status as it is then.

    Raises:
        UserError: If the data are bad, or lack what a stage of the plan needs.
    """
    notes = list(status.notes)

    def once(stage: Stage) -> None:
        display.started(stage)
        try:
            outcome = make(make_job(stage))
        except (Exception, KeyboardInterrupt):
            raise
        except BaseException as error:  # SystemExit, which would end the run with its own exit code
            raise UserError(f"{stage.kind} {stage.name} raised {in_words(error)}") from error
        display.finished(stage, outcome)
        made.append(stage.id)

    def again(stage: Stage) -> None:
        while True:
            try:
                return once(stage)
            except Damaged as found:  # on a remote store, where nothing is read for its checksum alone
                damages[found.stage_id] += 1
                if damages[found.stage_id] > ATTEMPTS:
                    raise UserError(
                        f"{found.stage_id}: {found.file} keeps changing in the store {store.url}."
                    ) from None
                notes.append(altered(found.stage_id, found.file))
                again(plan.stages[found.stage_id])

    damages = Counter[str]()
    made: list[str] = []
    for stage in scenarios.data_stages(plan):
        if stage.id not in status.done:
            again(stage)
    done = status.done | set(made)
    left = [stage for stage in plan.stages.values() if stage.id not in done]
    for name in sorted({stage.scenario for stage in left} - {""}):
        own = [stage for stage in left if stage.scenario == name]
        scenarios.get(name).check(own, partial(scenarios.codecs(own[0]).read, store), plan.sources)
    return replace(status, done=done, notes=notes, made=len(made))
