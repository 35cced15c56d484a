"""Look at a model from somebody else with one's own log, and mend it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ...core.errors import UserError
from ...core.handover import folder as handover_folder
from ...core.handover.names import Names as Numbered
from ...core.pretrained import Pretrained
from ..run.session import Session
from ..scenarios.pretrained.audit.expansion import TUNED, detectors, remedies
from ..scenarios.pretrained.audit.findings import Evidence, findings, left
from .audited import Audit
from .opened import Opened, open_model
from .words import Names, Options, Path_, load_plugins, store_url


def audit(
    model: Path_,
    data: Path_,
    *,
    user: str | None = None,
    item: str | None = None,
    time: str | None = None,
    defenses: Names = None,
    preset: Path_ | None = None,
    options: Options = None,
    store: Path_ | None = None,
    executor: str = "local",
    workers: int | None = None,
    device: str = "auto",
    display: str = "auto",
    plugins: Path_ | Sequence[Path_] = (),
) -> Audit:
    """Say what a model could do to a log's users; as the command ``rbench audit``.

    What is computed is kept in the store: the same call again is done at once, and goes on where it was stopped. A
    detector or repair that fails does not stop the others; ``found["failed"]`` says why it did.

    Args:
        model: A hand-over folder.
        data: Name of a data set, or the path of a folder or of a log; all of its users are the platform's.
        user: Column of the users' ids; default: ``user_id``, or what the folder's ``rbench.toml`` says.
        item: Column of the items' ids; likewise ``item_id``.
        time: Column that orders a user's items; likewise ``timestamp``.
        defenses: Detectors, repairs and chains of them to try; default: every detector and repair that is registered.
        preset: Where schedules come from; default: the preset of the data set's name, with short training.
        options: As to ``--set``: ``{"train.epochs": 10}``.
        store: URL or path where stages are kept; default: ``$RBENCH_STORE``, or the user's cache.
        executor: Where stages run, as in :func:`rbench.run`.
        workers: Stages at once; default: one a processor.
        device: ``auto``, ``cpu`` or ``cuda``.
        display: What is shown meanwhile: ``auto``, ``rich``, ``plain`` or ``none``.
        plugins: Python files that register defenses or models.

    Raises:
        UserError: If model or log cannot be read or do not fit each other, the model cannot be ranked with, or nothing
            was found and a detector that decides failed.
    """
    files = load_plugins(plugins)
    session = Session(store_url(store), executor, workers, device, files, display)
    columns = {"user": user, "item": item, "time": time}
    opened = open_model(model, data, columns, defenses, preset, options, session)
    stages, setting = opened.stages, opened.setting
    rankings = {"model": stages.ranking(stages.handed, "direct"), "local": stages.local_ranking}
    detections = {variant.label: stages.detection(variant) for variant in detectors(setting)}
    failed = opened.compute(rankings)
    log = opened.read(stages.log).platform
    ranking, local = (opened.read(stage) for stage in rankings.values())
    deciding = [variant.label for variant in detectors(setting) if variant.cls.decides]
    evidence = Evidence(
        log if ranking.users is None else log.take(ranking.users),
        ranking,
        local,
        {label: opened.read(stage) for label, stage in detections.items() if stage not in failed},
        tuple(label for label in deciding if detections[label] not in failed),
    )
    found = findings(evidence)
    reasons = {label: failed[stage] for label, stage in detections.items() if stage in failed}
    if not found["suspicious"] and (blind := [label for label in deciding if label in reasons]):
        raise UserError(f"nothing was found, but {blind[0]}, whose flags decide, failed: {reasons[blind[0]]}")
    found |= {"model": setting.model.label, "preset": setting.preset, "repairs": {}}
    found["data"] = {"name": log.name, "users": log.n_users, **opened.counts}
    found["data"]["unnamed"] = opened.unnamed
    if found["suspicious"]:
        found["repairs"], more = _mended(opened, found, evidence)
        reasons |= more
    return Audit(found | {"failed": reasons})


def repair(
    model: Path_,
    data: Path_,
    with_: str,
    out: Path_,
    *,
    user: str | None = None,
    item: str | None = None,
    time: str | None = None,
    preset: Path_ | None = None,
    options: Options = None,
    store: Path_ | None = None,
    executor: str = "local",
    workers: int | None = None,
    device: str = "auto",
    display: str = "auto",
    plugins: Path_ | Sequence[Path_] = (),
) -> Pretrained:
    """Mend a model with a log, and write it into a new hand-over folder; as the command ``rbench repair``.

    Its items are those of the model, in the same order, whether the log has them or not. After an audit with the same
    arguments, what it tried is written.

    Args:
        model: A hand-over folder.
        data: Name of a data set, or the path of a folder or of a log.
        with_: ``ft``, a repair with options after it if need be, or a chain: ``combined+reestimate+fast-ft``.
        out: Where nothing is yet, or an empty folder.
        user: As to :func:`audit`, and so are all that follow.
        item: Column of the items' ids.
        time: Column that orders a user's items.
        preset: Where schedules come from.
        options: As to ``--set``.
        store: URL or path where stages are kept.
        executor: Where stages run.
        workers: Stages at once.
        device: ``auto``, ``cpu`` or ``cuda``.
        display: What is shown meanwhile.
        plugins: Python files that register repairs or models.

    Raises:
        UserError: If model or log cannot be read or do not fit each other, the repair fails, or the folder cannot be
            written.
    """
    if os.path.lexists(out) and (not os.path.isdir(out) or os.listdir(out)):
        raise UserError(f"--out {os.fspath(out)} is there already and is no empty folder; name a new one.")
    session = Session(store_url(store), executor, workers, device, load_plugins(plugins), display)
    columns = {"user": user, "item": item, "time": time}
    opened = open_model(model, data, columns, "none" if with_ == TUNED else with_, preset, options, session)
    stage = opened.stages.mended(with_)
    opened.compute({with_: stage})
    mended: Pretrained = opened.read(stage)
    log = opened.read(opened.stages.read).platform
    numbered = Numbered.of(log, opened.setting.model.cls.needs_categories, mended.prompt is not None)
    mended = replace(mended, card={**mended.card, **numbered.claim()})
    handover_folder.write(out, mended, log.item_ids)
    return mended


def _mended(opened: Opened, found: dict[str, Any], evidence: Evidence) -> tuple[dict[str, Any], dict[str, str]]:
    """Return what each repair leaves of what was found, by label, and why others failed."""
    stages, rows = opened.stages, {item: row for row, item in enumerate(evidence.data.item_ids, 1)}
    items = [rows[item["item"]] for item in found["items"]]
    rankings = {name: stages.ranking(stages.mended(name), name) for name in remedies(opened.setting)}
    failed = opened.compute({})
    made = {name: opened.read(stage) for name, stage in rankings.items() if stage not in failed}
    compared = {
        name: left(items, evidence.data, ranking) for name, ranking in {"none": evidence.ranking, **made}.items()
    }
    return compared, {name: failed[stage] for name, stage in rankings.items() if stage in failed}
