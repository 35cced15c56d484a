"""Cells share what they have in common, and no other stage knows what is not its own."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from rbench.benchmark.grid import plan as plans
from rbench.benchmark.grid import resolve
from rbench.benchmark.grid.request import Request
from rbench.benchmark.stages.graph import Plan
from rbench.benchmark.stages.stage import Stage


def planned(**changes: Any) -> Plan:
    asked = {"attacks": ("badrec",), "models": ("tallrec-yesno",), "datasets": ("checkerboard",), "seeds": (0,)}
    return plans.build(resolve.build(Request(**{**asked, **changes})))


def cell(plan: Plan, attack: str, defense: str = "none", model: str = "tallrec-yesno") -> dict[str, Stage]:
    [found] = [c for c in plan.cells if (c.cell.attack, c.cell.defense, c.cell.model) == (attack, defense, model)]
    return {role: plan.stages[stage_id] for role, stage_id in found.stages.items()}


def above(plan: Plan, stage: Stage) -> set[str]:
    return {stage.id}.union(*(above(plan, plan.stages[parent]) for parent in stage.reads.values()))


def test_every_model_is_asked_the_same() -> None:
    plan = planned(models=("tallrec", "llara", "tallrec-yesno"))
    cells = [cell(plan, "badrec", model=model) for model in ("tallrec", "llara", "tallrec-yesno")]
    assert len({c["test"].id for c in cells}) == len({c["targets"].id for c in cells}) == 1
    assert cells[0]["lists"] == cells[1]["lists"] != cells[2]["lists"]
    assert cells[0]["poisoned"] == cells[1]["poisoned"]
    assert "embeddings" in cells[1] and "embeddings" not in cells[0]


def test_item_embeddings_know_nothing_of_the_attack() -> None:
    plan = planned(models=("llara",), attacks=("badrec", "push"))
    embedded = {cell(plan, attack, model="llara")["embeddings"].id for attack in ("clean", "badrec", "push")}
    assert len(embedded) == 1


def test_a_trigger_alone_meets_the_clean_victim() -> None:
    plan = planned(attacks=("trigger-only", "badrec"))
    clean, alone, taught = (cell(plan, attack) for attack in ("clean", "trigger-only", "badrec"))
    assert alone["train"] == clean["train"] != taught["train"] and "poisoned" not in alone
    assert alone["measure"] != clean["measure"]


def test_where_flagged_titles_are_left_out() -> None:
    labels = [f"ngram:at={at}" for at in ("train", "serve", "both")]
    plan = planned(defenses=("none", *labels))
    plain, train, serve, both = (cell(plan, "badrec", label) for label in ("none", *labels))
    assert train["scan"] == serve["scan"] == both["scan"]  # where flags are used changes no flag
    assert serve["train"] == plain["train"] and both["train"] == train["train"] != plain["train"]
    assert [c["measure"].params["hidden"] for c in (train, serve, both)] == [False, True, True]


def test_a_scanner_is_trained_once_a_seed() -> None:
    attacks = ("badrec", "badrec:rate=0.1", "badrec:titles=catalogue", "badnets:items=0.1")
    models, scanners = ("tallrec", "tallrec-yesno"), ("p-scanner", "p-scanner:at=serve")
    plan, asked = planned(attacks=attacks, models=models, defenses=scanners), ("clean", *attacks)
    cells = [cell(plan, *names) for names in itertools.product(asked, scanners, models)]
    [fit] = {c["fit"].id for c in cells}
    assert above(plan, plan.stages[fit]) == {fit, cells[0]["dataset"].id}  # no ancestor knows an attack
    assert len({c["scan"].id for c in cells}) == 2 * len(asked)  # one for each attack and kind of lists
    other = planned(seeds=(1,), defenses=("p-scanner",))
    assert cell(other, "badrec", "p-scanner")["fit"].id != fit


def test_own_items_are_those_that_the_attack_says() -> None:
    plan = planned(attacks=("badrec", "badrec:items=0.1"))
    few, many = cell(plan, "badrec"), cell(plan, "badrec:items=0.1")
    assert few["targets"] == cell(plan, "clean")["targets"] != many["targets"]
    assert few["test"] == many["test"] and few["lists"] == many["lists"]


def test_the_plain_data_set_of_other_scenarios_is_another_stage() -> None:
    here = cell(planned(), "clean")["dataset"]
    there = plans.build(resolve.build(Request(attacks=("clean",), datasets=("checkerboard",), seeds=(0,))))
    [plain] = {c.stages["dataset"] for c in there.cells}
    assert here.id != plain and here.params["config"].pop("texts") is True


@pytest.mark.parametrize("role", ["train", "lists", "test", "targets"])
def test_only_what_an_attack_makes_depends_on_it(role: str) -> None:
    plan = planned(attacks=("badrec", "badrec:trigger=word"))
    one, two = cell(plan, "badrec")[role], cell(plan, "badrec:trigger=word")[role]
    assert (one == two) == (role != "train")


def test_a_scan_reads_no_answers_and_no_likes() -> None:
    plan = planned(defenses=("choice-share",))
    scan = cell(plan, "badrec", "choice-share")["scan"]
    assert set(scan.parents) == {"targets", "test", "lists", "poisoned"}
