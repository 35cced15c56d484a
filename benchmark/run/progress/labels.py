"""What stages are called for people: kind, method, and what the cells that need them have in common."""

from __future__ import annotations

from collections import Counter

from ... import scenarios
from ...stages.graph import Plan
from ...stages.stage import Stage

SHOWN = ("attack", "defense", "mode", "model", "dataset")


def labels(plan: Plan) -> dict[str, str]:
    """Return a line for each stage by its id, e.g. ``adapt ft · bra · sasrec · ml-100k · seed 0``.

    What cells don't agree on is left out, and so is the only mode of an attack. Stages that prepare data are
    called after data and seed alone, even where all their cells have the same model or attack.
    """
    common: dict[str, dict[str, object]] = {}
    modes: dict[object, set[str]] = {}
    for planned in plan.cells:
        cell = vars(planned.cell)
        modes.setdefault(planned.cell.attack, set()).add(planned.cell.mode)
        alike = Counter((plan.stages[i].kind, plan.stages[i].name) for i in set(planned.stages.values()))
        for role, stage_id in planned.stages.items():
            stage = plan.stages[stage_id]
            own = cell | ({"role": role} if alike[stage.kind, stage.name] > 1 else {})
            known = common.setdefault(stage_id, own)
            common[stage_id] = {name: value for name, value in known.items() if own.get(name) == value}
    _inherit(plan, common)
    data = {stage.id for stage in scenarios.data_stages(plan)}
    found = {}
    for stage_id, stage in plan.stages.items():
        known = common.get(stage_id, {})
        if stage_id in data:
            known = {name: value for name, value in known.items() if name in ("dataset", "seed")}
        elif len(modes.get(known.get("attack"), ())) == 1 and known["mode"] != stage.name:
            del known["mode"]
        found[stage_id] = _label(stage, known)
    return found


def _inherit(plan: Plan, common: dict[str, dict[str, object]]) -> None:
    """Add what is common to the stages that read a stage which no cell names, e.g. a reference model."""
    unnamed = set(plan.stages) - set(common)
    for reader in reversed(plan.stages.values()):
        told = common.get(reader.id, {})
        for parent in unnamed.intersection(reader.reads.values()):
            known = common.setdefault(parent, {name: value for name, value in told.items() if name != "role"})
            common[parent] = {name: value for name, value in known.items() if told.get(name) == value}


def _label(stage: Stage, known: dict[str, object]) -> str:
    method, others = stage.name, []
    for value in (str(known[name]) for name in SHOWN if name in known):
        if f"{value}:".startswith(f"{stage.name}:"):
            method = value  # with its options
        elif value != "none":
            others.append(value)
    if "role" in known:
        others.append(str(known["role"]))
    if "seed" in known:
        others.append(f"seed {known['seed']}")
    return " · ".join([f"{stage.kind} {method}", *others])
