"""A stage's id is made of all that decides its result, and of nothing else."""

from __future__ import annotations

import dataclasses
import importlib.util
import typing

import pytest

from rbench import attacks, datasets, defenses, models
from rbench.benchmark import scenarios
from rbench.benchmark.scenarios.pretrained import kinds
from rbench.benchmark.stages.stage import Stage
from rbench.benchmark.stages.store import Store
from rbench.core.errors import UserError
from rbench.models.sequential import settings

FAKES = ("fake-alternating", "fake-bandwagon", "fake-random", "fake-segment")
DEMOTING = ("bra-demote", "pea-demote")
ATTACKS = ("bra", "bra-group", "bra-trigger", *DEMOTING, *FAKES, "pea", "pea-joint", "seqpoison")
TRIGGERED = {("triggered", "bra-trigger")}
PEAS = {("pretrain", name) for name in ("pea", "pea-demote", "pea-joint")}
TRAINED = {("local", "local"), ("pretrain", "clean"), *(("pretrain", name) for name in ATTACKS)}
RANKS = {("rank", name) for name in ("local", "direct", "ft", "pt")}
ADAPTS = {("adapt", "ft"), ("adapt", "pt")}
VICTIMS = tuple(name for name in models.registry.names() if models.registry.get(name).scenario == "pretrained")
KINDS = {defenses.Detector: "detect", defenses.Scan: "scan", defenses.Repair: "repair", defenses.Serving: "serve"}
DEFENSES = {
    name: next(kind for base, kind in KINDS.items() if issubclass(cls, base))
    for name in defenses.registry.names()
    if (cls := defenses.registry.get(name)).scenario == "pretrained" and dataclasses.fields(cls.Config)
}
READERS = {
    "train": TRAINED,
    "finetune": {("adapt", "ft")},
    "prompttune": {("adapt", "pt"), ("pretrain", "pea"), ("pretrain", "pea-demote")},
    "prompt": {("adapt", "pt")} | PEAS,
    "rank": RANKS | TRIGGERED,
    "targets": {("targets", "checkerboard")},
    **dict.fromkeys(VICTIMS, TRAINED | RANKS | ADAPTS | TRIGGERED | {("detect", "kmeans")}),
    **{name: {(kind, name)} for name, kind in DEFENSES.items()},
    "checkerboard": {("dataset", "checkerboard")},
    "checkerboard.platform": {("partition", "checkerboard")},
    "checkerboard.audience": {("targets", "checkerboard")},
    **{name: {("pretrain", name)} for name in ATTACKS},
    "bra-trigger": {("pretrain", "bra-trigger")} | TRIGGERED,
}
"""Section, or one option of it, to the stages whose results it changes itself."""
OTHER = {
    "checkerboard.platform": "quantile:0.5",
    "checkerboard.audience": "colour:white",
    "checkerboard.items": "26",
    "checkerboard.colours": "4",
    "checkerboard.users": "61",
    "checkerboard.longest": "9",
    "targets.count": "4",
    "targets.categories": "1",
    "targets.per_category": "2",
    "combined.members": "prompt-probe+alignment",
    "lightsans.n_heads": "4",
    "lightsans.hidden_size": "66",
    "bert4rec.n_heads": "4",
    "bert4rec.hidden_size": "66",
    "core.n_heads": "4",
    "core.embedding_size": "66",
    "recbole.model": "SHAN",
    "recbole.options": "embedding_size=32",
}
"""Values that are allowed where the next best would not be."""
BASE = ("checkerboard.items=48",)
CROSS_ENTROPY = ("train.loss=softmax", "finetune.loss=softmax")
NEEDED = {"core": CROSS_ENTROPY, "repeatnet": CROSS_ENTROPY, "recbole": ("recbole.model=NARM",)}
"""Options without which a victim is refused."""


def configurations():
    yield from scenarios.get("pretrained").sections.items()
    for registry in (attacks.registry, defenses.registry, models.registry):
        for cls in map(registry.get, registry.names()):
            if cls.scenario == "pretrained":
                yield cls.name, cls.Config
    yield "checkerboard", datasets.registry.get("checkerboard").Config


def another(cls, option):
    """Return a value, as text, that differs from the default and from the tests' setting."""
    kind, default = typing.get_type_hints(cls)[option.name], option.default
    choices = typing.get_args(kind)
    if typing.get_origin(kind) is typing.Literal:
        return next(c for c in choices if c != default)
    if type(None) in choices:
        inner = next(c for c in choices if c is not type(None))
        return next(iter(typing.get_args(inner)), "0.25")
    if typing.get_origin(kind) is tuple and not default:
        return typing.get_args(choices[0])[0]
    if kind is bool:
        return str(not default).lower()
    if kind is int:
        return str(default + 3)
    if kind is float:
        return str(default / 2 if default else 0.25)
    raise AssertionError(f"name another value of {option.name} in OTHER")


OPTIONS = [
    (section, option.name, cls, option)
    for section, cls in configurations()
    for option in dataclasses.fields(cls)
    if "checksum" not in option.metadata  # of files: test_file_provider.py
]


@pytest.fixture
def full(planned):
    """Plans every attack, mode and defense that the table above knows."""

    def build(*assignments, **fields):
        kept = {"attacks": ATTACKS, "modes": ("direct", "ft", "pt"), "defenses": ("kmeans",)}
        return planned(*BASE, *assignments, **(kept | fields))

    return build


def paired(old, new):
    """Yield (stage before, stage after) for every role of every cell."""
    assert [c.cell for c in old.cells] == [c.cell for c in new.cells]
    for before, after in zip(old.cells, new.cells, strict=True):
        assert before.stages.keys() == after.stages.keys()
        for role in before.stages:
            yield old.stages[before.stages[role]], new.stages[after.stages[role]]


def touched(stage, plan, readers):
    """Tell whether a stage, or one that it builds upon, is among those that read the option."""
    return (stage.kind, stage.name) in readers or any(
        touched(plan.stages[parent], plan, readers) for parent in stage.parents.values()
    )


def check(old, new, readers):
    changed = 0
    for before, after in paired(old, new):
        assert (before.kind, before.name) == (after.kind, after.name)
        assert (before.id != after.id) == touched(before, old, readers), before.id
        changed += before.id != after.id
    assert changed


def test_every_method_is_in_the_table():
    assert {section for section, *_ in OPTIONS} == {name for name in READERS if "." not in name}


@pytest.mark.parametrize(("section", "name", "cls", "option"), OPTIONS, ids=[f"{o[0]}.{o[1]}" for o in OPTIONS])
def test_an_option_changes_the_ids_of_its_readers_and_what_follows(full, section, name, cls, option):
    where = f"{section}.{name}"
    if where == "checkerboard.buckets":
        with pytest.raises(UserError, match="no numeric attributes"):
            full(f"{where}=age:10")
        return
    value = OTHER.get(where) or another(cls, option)
    grid = {"models": (section,)} if section in VICTIMS else {}
    if section in DEFENSES:
        grid = {"defenses": (section,)}
    if section in VICTIMS and not models.registry.get(section).takes_prompts:
        grid |= {"attacks": ("bra", "bra-group"), "modes": ("direct", "ft")}
    needed = NEEDED.get(section, ())
    check(full(*needed, **grid), full(*needed, f"{where}={value}", **grid), READERS.get(where, READERS[section]))


@pytest.mark.parametrize(
    ("cls", "readers"),
    [
        (attacks.registry.get("bra"), {("pretrain", "bra")}),
        (attacks.registry.get("pea"), {("pretrain", "pea")}),
        (defenses.registry.get("kmeans"), {("detect", "kmeans")}),
        (models.registry.get("sasrec"), READERS["sasrec"]),
        (datasets.registry.get("checkerboard"), {("dataset", "checkerboard")}),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_a_new_version_changes_the_ids_of_that_method_and_what_follows(full, monkeypatch, cls, readers):
    old = full()
    monkeypatch.setattr(cls, "VERSION", cls.VERSION + 1)
    check(old, full(), readers)


def test_a_new_version_of_a_mode(full, monkeypatch):
    from rbench.benchmark.scenarios.pretrained import modes

    old = full()
    monkeypatch.setattr(modes.registry.get("ft"), "VERSION", 2)
    check(old, full(), {("adapt", "ft")})


@pytest.mark.parametrize(
    ("name", "touched_kinds"),
    [("LOCAL", {"local"}), ("PRETRAIN", {"pretrain"}), ("RANK", {"rank"}), ("MEASURE", {"measure"})],
)
def test_a_new_version_of_what_no_method_owns(full, monkeypatch, name, touched_kinds):
    old = full()
    monkeypatch.setattr(kinds, name, dataclasses.replace(getattr(kinds, name), version=2))
    changed = {before.kind for before, after in paired(old, full()) if before.id != after.id}
    assert touched_kinds <= changed and "partition" not in changed and "targets" not in changed


def test_more_seeds_leave_the_others_alone(full):
    few, many = full(seeds=(0, 2)), full(seeds=(0, 1, 2, 3))
    assert set(few.stages) < set(many.stages)
    of = {c.cell: c.stages for c in many.cells}
    for planned in few.cells:
        assert of[planned.cell] == planned.stages


def test_seeds_share_data_only(full):
    zero, one = full(seeds=(0,)), full(seeds=(1,))
    shared = {zero.stages[i].kind for i in set(zero.stages) & set(one.stages)}
    assert shared == {"dataset", "partition"}


def test_a_partial_grid_has_the_same_ids(full):
    whole = full()
    part = full(attacks=("pea",), modes=("pt",), defenses=("kmeans",))
    of = {c.cell: c.stages for c in whole.cells}
    assert set(part.stages) < set(whole.stages)
    for planned in part.cells:
        assert of[planned.cell] == planned.stages


def test_where_it_runs_is_no_part_of_an_id(rbench, whole, tmp_path, monkeypatch):
    def ids(*options):
        out = rbench("plan", "-v", *whole, *options).out
        return [line.split()[0] for line in out.splitlines() if line.startswith(("pretrain-", "measure-", "rank-"))]

    here = ids()
    assert here and ids("--store", tmp_path / "other") == here
    (tmp_path / "deeper").mkdir()
    monkeypatch.chdir(tmp_path / "deeper")
    assert ids() == here


def test_further_ancestors_are_ancestors(full):
    """They and the context are no part of an id, which is right only if the parents' ids decide them."""

    def above(stage):
        return set(stage.parents.values()).union(*(above(plan.stages[parent]) for parent in stage.parents.values()))

    chains = ("prompt-probe+reestimate", "reestimate+prompt-probe", "prompt-probe+reestimate+filter", "cap")
    plan = full(defenses=("kmeans", *chains, "references:models=3", "reestimate+references:models=3"))
    found = [stage for stage in plan.stages.values() if stage.ancestors]
    assert {stage.kind for stage in found} == {"detect", "scan", "serve"}
    for stage in found:
        assert set(stage.ancestors.values()) <= above(stage) | {stage.parents["pretrained"]}, stage.id
        used = plan.stages[stage.parents["pretrained"]]
        assert stage.context == {"mode": used.name if used.kind == "adapt" else "direct"}


def test_a_stages_parameters_are_canonical():
    one = Stage("rank", "A b", 1, {"x": 1, "y": [1.0, None]}, None, {"p": "1", "q": "2"})
    two = Stage("rank", "A b", 1, {"y": [1.0, None], "x": 1}, None, {"q": "2", "p": "1"})
    assert one.id == two.id and one.id.startswith("rank-a-b-")
    for change in (
        {"kind": "adapt"},
        {"name": "A c"},
        {"name": "a b"},
        {"version": 2},
        {"params": {"x": 2, "y": [1.0, None]}},
        {"params": {"x": 1}},
        {"seed": 0},
        {"parents": {"p": "2", "q": "1"}},
        {"engine": 2},
    ):
        assert dataclasses.replace(one, **change).id != one.id
    for change in ({"scenario": "s"}, {"ancestors": {"r": "3"}}, {"context": {"mode": "ft"}}):
        assert dataclasses.replace(one, **change).id == one.id


def test_another_engine_gives_every_trained_model_another_id_and_its_results_are_read_back(tmp_path):
    revised = dataclasses.replace(kinds.ADAPT, engine=2)
    first, second = kinds.ADAPT.stage("ft", {"x": 1}), revised.stage("ft", {"x": 1})
    assert (first.engine, second.engine) == (1, 2) and first.id != second.id
    store = Store(str(tmp_path))
    for stage in (first, second):
        store.save(stage, {"a.json": b"{}"}, {})
        assert Stage(**store.manifest(stage.id)["stage"]) == stage


def test_all_that_trains_or_ranks_has_the_engines_version(monkeypatch):
    monkeypatch.setattr(settings, "ENGINE", 2)
    spec = importlib.util.spec_from_file_location(kinds.__name__, kinds.__file__)
    revised = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(revised)
    assert {kind.name for kind in revised.KINDS if kind.engine == 1} == {"partition", "targets", "measure"}
