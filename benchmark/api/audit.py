"""Look at a model from somebody else with one's own log, and mend it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ... import datasets, defenses
from ...core.errors import UserError
from ...core.handover import folder as handover_folder
from ...core.handover.vocabulary import Fitted, fit
from ...core.pretrained import Pretrained
from ...defenses import Detector, Repair
from ..grid import resolve
from ..grid.request import read_request
from ..stages.setting import Setting
from .words import Names, Options, Path_, load_plugins

if TYPE_CHECKING:
    from ...models.sequential.victim import Victim


def audit(
    model: Path_,
    data: Path_,
    *,
    defenses: Names = None,
    preset: Path_ | None = None,
    options: Options = None,
    plugins: Path_ | Sequence[Path_] = (),
) -> dict[str, Any]:
    """Say what a model could do to a log's users; as the command ``rbench audit``.

    Args:
        model: A hand-over folder.
        data: Name of a data set, or the path of a folder; all of its users are the platform's.
        defenses: Detectors and repairs to try; default: every one that is registered.
        preset: Where schedules come from; default: the preset of the data set's name.
        options: As to ``--set``: ``{"train.epochs": 10}``.
        plugins: Python files that register defenses or models.

    Returns:
        What ``audit.json`` holds: ``suspicious``, ``items``, ``accuracy``, ``detectors``, ``repairs`` and more.

    Raises:
        UserError: If model or log cannot be read, or do not fit each other.
    """
    from ..scenarios.pretrained.audit.audit import audit as look

    given, fitted, setting, victim = _opened(model, data, defenses, preset, options, plugins)
    return look(given, fitted, setting, victim)


def repair(
    model: Path_,
    data: Path_,
    with_: str,
    out: Path_,
    *,
    preset: Path_ | None = None,
    options: Options = None,
    plugins: Path_ | Sequence[Path_] = (),
) -> Pretrained:
    """Mend a model with a log, and write it into a new hand-over folder; as the command ``rbench repair``.

    Its items are those of the model, in the same order, whether the log has them or not.

    Args:
        model: A hand-over folder.
        data: Name of a data set, or the path of a folder.
        with_: ``ft`` or the name of a repair, with options after it if need be.
        out: Where nothing is yet, or an empty folder.
        preset: Where schedules come from; default: the preset of the data set's name.
        options: As to ``--set``.
        plugins: Python files that register repairs or models.

    Raises:
        UserError: If model or log cannot be read or do not fit each other, or the folder cannot be written.
    """
    from ..scenarios.pretrained.audit.audit import repaired

    if os.path.lexists(out) and (not os.path.isdir(out) or os.listdir(out)):
        raise UserError(f"--out {os.fspath(out)} is there already and is no empty folder; name a new one.")
    wanted = "none" if with_ == "ft" else with_
    given, fitted, setting, victim = _opened(model, data, wanted, preset, options, plugins)
    mended = repaired(given, fitted, setting, victim, with_)
    handover_folder.write(out, mended, fitted.data.item_ids)
    return mended


def _opened(
    model: Path_, data: Path_, names: Names, preset: Path_ | None, options: Options, plugins: Path_ | Sequence[Path_]
) -> tuple[Pretrained, Fitted, Setting, Victim]:
    from ..scenarios.pretrained.audit.audit import victim_of

    load_plugins(plugins)
    if os.path.isfile(model):
        raise UserError(
            f"{os.fspath(model)} is a file; a hand-over folder is needed: rbench import makes one from a checkpoint of "
            "RecBole, see docs/handover.md."
        )
    given, item_ids = handover_folder.read(model)
    words = {"attacks": "clean", "modes": ["ft", "pt"], "datasets": [os.fspath(data)], "seeds": 1}
    words |= {"defenses": _every() if names is None else names, "models": given.card["model"]}
    setting = resolve.build(read_request(words | {"preset": preset, "options": options})).settings[0]
    if setting.chains:
        raise UserError(f"--defenses {setting.chains[0].label}: an audit tries defenses one by one; name them apart.")
    log = datasets.resolve(os.fspath(data)).open(setting.data_config).load()
    return given, fit(log, item_ids, os.fspath(model)), setting, victim_of(given, setting)


def _every() -> list[str]:
    found = [(name, defenses.registry.get(name)) for name in defenses.registry.names()]
    return [name for name, cls in found if issubclass(cls, (Detector, Repair))]
