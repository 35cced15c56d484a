"""The data stages, made in this process before all others: bad data are refused before anything is written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
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
    plan: Plan,
    status: StoreStatus,
    store: Store,
    make_job: Callable[[Stage], Job],
    display: Display,
    hold: Callable[[str], AbstractContextManager[bool]] = lambda stage_id: nullcontext(True),
) -> StoreStatus:
    """Make the data stages that the store lacks; returns the status as it is then.

    Args:
        plan: What is to run.
        status: What the store holds of it.
        store: Where results are.
        make_job: Turns a stage into a job.
        display: Shows how it goes.
        hold: A context in which no other run makes a stage; gives whether it is still to be made.

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
            except Damaged as damage:  # on a remote store, where nothing is read for its checksum alone
                damages[damage.stage_id] += 1
                if damages[damage.stage_id] > ATTEMPTS:
                    raise UserError(
                        f"{damage.stage_id}: {damage.file} keeps changing in the store {store.url}."
                    ) from None
                notes.append(altered(damage.stage_id, damage.file))
                again(plan.stages[damage.stage_id])

    damages = Counter[str]()
    made, found = list[str](), set[str]()
    for stage in scenarios.data_stages(plan):
        if stage.id not in status.done:
            with hold(stage.id) as ours:
                if ours:
                    again(stage)
                else:
                    found.add(stage.id)
    done = status.done | found | set(made)
    left = [stage for stage in plan.stages.values() if stage.id not in done]
    for name in sorted({stage.scenario for stage in left} - {""}):
        own = [stage for stage in left if stage.scenario == name]
        scenarios.get(name).check(own, partial(scenarios.codecs(own[0]).read, store), plan.sources)
    return replace(status, done=done, notes=notes, made=len(made))
