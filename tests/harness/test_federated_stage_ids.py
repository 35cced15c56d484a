"""In the federated scenario too, an option changes the stages that read it, and no others."""

from __future__ import annotations

import dataclasses

import pytest

from rbench import attacks, defenses, models
from rbench.benchmark import scenarios

WRAPPERS = ("alie", "min-max")
"""Attacks around another one, a-hum unless told otherwise."""
VALUES = {
    "federation.resample": "true",
    "federation.client_loss": "sum",
    "federation.split": "random",
    "federation.exposure_at": "5+10",
    "ncf.hidden": "4+4",
    "mf.item_bias": "true",
    "norm-bound.bound": "2",
    "multi-krum.selected": "0.5",
    "alie.attack": "eb",
    "min-max.attack": "eb",
    "centered-clipping.radius": "2",
    "nnm.rule": "median",
}
"""Values of options that are no numbers, or whose half would be refused."""


def methods(registry):
    return [cls for cls in map(registry.get, registry.names()) if cls.scenario == "federated"]


ATTACKS, AGGREGATORS, MODELS = (methods(m.registry) for m in (attacks, defenses, models))
SECTIONS = {
    **scenarios.get("federated").sections,
    **{cls.name: cls.Config for cls in (*ATTACKS, *AGGREGATORS, *MODELS)},
}
OPTIONS = [f"{section}.{f.name}" for section, cls in SECTIONS.items() for f in dataclasses.fields(cls)]


@pytest.fixture
def full(planned):
    def build(*assignments):
        names = {"attacks": ATTACKS, "defenses": AGGREGATORS, "models": MODELS}
        names = {kind: [cls.name for cls in found] for kind, found in names.items()} | {"modes": None}
        return planned(*assignments, "checkerboard.users=400", **names)

    return build


def another(option):
    section, _, name = option.partition(".")
    if option in VALUES:
        return VALUES[option]
    if name in ("variant", "rows"):
        return {"variant": "released", "rows": "all"}[name]
    [default] = [f.default for f in dataclasses.fields(SECTIONS[section]) if f.name == name]
    return str(default + 1) if isinstance(default, int) else str(default / 2)


@pytest.mark.parametrize("option", OPTIONS)
def test_an_option_changes_what_reads_it(full, option):
    section = option.partition(".")[0]
    old, new = full(), full(f"{option}={another(option)}")
    narrow = {c.name for c in (*ATTACKS, *AGGREGATORS, *MODELS)}
    seen = {True: 0, False: 0}
    for before, after in zip(old.cells, new.cells, strict=True):
        assert before.cell == after.cell
        reads = section not in narrow or section in (before.cell.attack, before.cell.defense, before.cell.model)
        shared = before.stages.keys() & after.stages.keys()  # more draws of targets are more stages
        changed = {role for role in shared if before.stages[role] != after.stages[role]}
        expected = {role for role in shared if role not in ("dataset", "targets")} if reads else set()
        assert changed == expected | ({"targets"} if section == "federated-targets" else set())
        seen[reads] += 1
    assert seen[True] and (section not in narrow or seen[False])


@pytest.mark.parametrize("cls", [*ATTACKS, *AGGREGATORS, *MODELS], ids=lambda cls: cls.name)
def test_a_new_version_is_a_new_result(full, monkeypatch, cls):
    old = full()
    monkeypatch.setattr(cls, "VERSION", cls.VERSION + 1)
    for before, after in zip(old.cells, full().cells, strict=True):
        wraps = before.cell.attack in WRAPPERS and cls.name == "a-hum"
        wraps |= before.cell.defense == "nnm" and cls.name == "trimmed-mean"
        reads = cls.name in (before.cell.attack, before.cell.defense, before.cell.model) or wraps
        assert (before.stages["measure"] != after.stages["measure"]) == reads


def test_a_new_version_of_a_part_is_a_new_result(planned, monkeypatch):
    def ends():
        plan = planned(attacks=("alie:malicious=0.1", "eb:malicious=0.1"), modes=None, defenses=None)
        return {cell.cell.attack: cell.stages["measure"] for cell in plan.cells if cell.cell.model == "ncf"}

    old = ends()
    monkeypatch.setattr(attacks.registry.get("a-hum"), "VERSION", 7)
    changed = {name for name, stage in ends().items() if stage != old[name]}
    assert changed == {"alie:malicious=0.1"}
