"""Defenses that follow each other: which stages a chain becomes, and which chains are refused."""

from __future__ import annotations

import json
from collections import Counter

import pytest

from rbench.benchmark.grid.chains import links
from rbench.core.errors import UserError
from rbench.defenses import registry
from rbench.defenses.repairs.fast_ft import FastFT

ATTACK = {"attacks": ("bra",), "modes": ("direct", "ft")}


@pytest.fixture
def cell(planned):
    """Return the stages of a cell with a defense by role, and its plan."""

    def build(defense, mode="ft", attack="bra"):
        plan = planned(**ATTACK, defenses=("none", defense))
        (found,) = [c for c in plan.cells if (c.cell.attack, c.cell.mode, c.cell.defense) == (attack, mode, defense)]
        return plan, {role: plan.stages[stage_id] for role, stage_id in found.stages.items()}

    return build


def test_a_repair_uses_what_a_detector_found_in_the_model_handed_over(cell):
    _, stages = cell("prompt-probe+reestimate")
    assert stages["pretrain"].name == "bra"
    detect, repair, adapt = stages["detect"], stages["repair"], stages["adapt"]
    assert detect.parents["pretrained"] == repair.parents["pretrained"] == stages["pretrain"].id
    assert repair.parents["flagged"] == detect.id and adapt.parents["pretrained"] == repair.id
    assert (adapt.name, detect.context) == ("ft", {"mode": "direct"}), "the detector looks before the model is tuned"
    assert stages["rank"].parents["pretrained"] == adapt.id and stages["measure"].parents["rank"] == stages["rank"].id
    _, directly = cell("prompt-probe", mode="direct")
    assert directly["detect"] == detect, "it is the detection of the mode direct, made once for all modes"


def test_repairs_follow_each_other(cell):
    _, stages = cell("reestimate+fast-ft")
    first, second = stages["repair"], stages["repair 2"]
    assert (first.name, second.name) == ("reestimate", "fast-ft")
    assert second.parents["pretrained"] == first.id and stages["adapt"].parents["pretrained"] == second.id
    assert "flagged" not in first.parents, "alone, it uses its own detector"


def test_the_repaired_model_is_looked_at(cell):
    plan, stages = cell("reestimate+prompt-probe")
    detect = stages["detect"]
    assert detect.parents["pretrained"] == stages["adapt"].id and detect.context == {"mode": "ft"}
    assert plan.stages[stages["adapt"].parents["pretrained"]] == stages["repair"]
    assert detect.ancestors["handed"] == stages["pretrain"].id, "what was handed over is not what was repaired"
    assert stages["measure"].parents["detection"] == detect.id


def test_flagged_items_are_left_out_of_the_lists_of_the_model_in_use(cell):
    _, stages = cell("prompt-probe+filter")
    detect, serve = stages["detect"], stages["serve"]
    assert detect.parents["pretrained"] == serve.parents["pretrained"] == stages["adapt"].id
    assert serve.parents["flagged"] == detect.id and serve.parents["ranking"] == stages["rank"].id
    assert stages["measure"].parents["rank"] == serve.id
    assert stages["measure"].parents["clean_rank"] != serve.id, "Clean has no defense"


def test_flags_hold_for_all_that_follows_and_lists_are_changed_again(cell):
    _, stages = cell("prompt-probe+reestimate+filter+cap")
    assert stages["repair"].parents["flagged"] == stages["serve"].parents["flagged"] == stages["detect"].id
    assert stages["serve 2"].parents["ranking"] == stages["serve"].id
    assert stages["measure"].parents["rank"] == stages["serve 2"].id


def test_options_belong_to_their_link(cell):
    _, stages = cell("prompt-probe:threshold=4.5+reestimate:prior=5.0")
    assert stages["detect"].params["config"]["threshold"] == 4.5
    assert stages["repair"].params["config"]["prior"] == 5.0


@pytest.fixture
def places(monkeypatch):
    """Repairs of the other two places."""

    class Later(FastFT):
        """After tuning."""

        place, name = "after", "later"

    class InTuning(FastFT):
        """In the place of tuning."""

        place, name = "tuning", "in-tuning"

    monkeypatch.setitem(registry._found, "later", Later)
    monkeypatch.setitem(registry._found, "in-tuning", InTuning)


def test_a_repair_after_tuning_is_handed_the_model_in_use(places, cell):
    _, stages = cell("later")
    tuned = stages["repair"].parents["pretrained"]
    assert tuned.startswith("adapt-ft-") and stages["adapt"] == stages["repair"]
    assert stages["repair"].ancestors == {"handed": stages["pretrain"].id}
    assert stages["rank"].parents["pretrained"] == stages["repair"].id
    _, stages = cell("later+prompt-probe")
    assert stages["detect"].parents["pretrained"] == stages["repair"].id


def test_a_repair_in_the_place_of_tuning(places, planned):
    plan = planned(attacks=("bra",), modes=("ft",), defenses=("reestimate+in-tuning",))
    (found,) = [c for c in plan.cells if c.cell.attack == "bra" and c.cell.defense != "none"]
    stages = {role: plan.stages[stage_id] for role, stage_id in found.stages.items()}
    assert stages["adapt"] == stages["repair 2"] and stages["adapt"].parents["pretrained"] == stages["repair"].id
    with pytest.raises(UserError, match=r"tuning of the mode ft, and there is none in direct; write --modes ft\.$"):
        planned(attacks=("bra",), modes=("direct", "ft"), defenses=("in-tuning",))


@pytest.mark.parametrize(
    ("chain", "why"),
    [
        ("filter", "filter needs a detector before it, e.g. prompt-probe+filter"),
        ("reestimate+filter", "filter needs a detector before it"),
        ("prompt-probe+fast-ft", "nothing after prompt-probe uses what it flags; leave prompt-probe out, or put it"),
        ("kmeans+prompt-probe+filter", "nothing after kmeans uses what it flags"),
        ("prompt-probe+kmeans", "nothing after prompt-probe uses what it flags"),
        ("cap+fast-ft", "fast-ft acts before the model is used, and cap acts at serving; write fast-ft+cap"),
        ("cap+prompt-probe", "prompt-probe looks at the model, and cap changes only lists; write prompt-probe+cap"),
        ("cap+references", "references looks at the model, and cap changes only lists"),
        ("references+fast-ft", "references judges the model as a whole, and nothing follows from it; put it last"),
    ],
)
def test_chains_that_make_no_sense(planned, chain, why):
    with pytest.raises(UserError) as refused:
        planned(**ATTACK, defenses=(chain,))
    assert str(refused.value).startswith(f"--defenses {chain}: {why}") and str(refused.value).endswith(".")


def test_places_that_do_not_follow_each_other(places, planned):
    with pytest.raises(UserError, match=r"fast-ft acts before .*, and later acts once the model is tuned; write fast-"):
        planned(**ATTACK, defenses=("later+fast-ft",))
    with pytest.raises(UserError, match=r"in-tuning and in-tuning:speed=2 both act in the place of tuning; leave"):
        planned(attacks=("bra",), modes=("ft",), defenses=("in-tuning+in-tuning:speed=2",))


def test_chains_are_for_scenarios_that_have_them(planned):
    with pytest.raises(UserError, match=r"krum works in federated, median works in federated, where defenses do not"):
        planned(attacks=("a-ra",), modes=("direct",), defenses=("krum+median",))
    with pytest.raises(UserError, match=r"reestimate works in pretrained, krum works in federated; write reestimate"):
        planned(**ATTACK, defenses=("reestimate+krum",))
    with pytest.raises(UserError, match=r"unknown defense 'reestimat'; did you mean reestimate"):
        planned(**ATTACK, defenses=("prompt-probe+reestimat",))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("kmeans", ["kmeans"]),
        ("prompt-probe:threshold=4+reestimate:prior=5", ["prompt-probe:threshold=4", "reestimate:prior=5"]),
        ("combined:members=alignment+popularity", ["combined:members=alignment+popularity"]),
        ("combined:members=alignment+popularity:history=1", ["combined:members=alignment+popularity:history=1"]),
        (
            "combined:members=alignment+popularity:history=1+filter",
            ["combined:members=alignment+popularity:history=1", "filter"],
        ),
        ("reestimate:prior=1e+5+fast-ft", ["reestimate:prior=1e+5", "fast-ft"]),
    ],
)
def test_plus_signs_join_links_and_values_of_lists(text, expected):
    assert links(text, registry) == expected


def test_references_are_trained_once_a_seed_whatever_the_grid(planned):
    few = planned(attacks=("bra",), modes=("direct",), defenses=("references:models=4",), seeds=(0,))
    many = planned(
        attacks=("bra", "pea"),
        modes=("direct", "ft", "pt"),
        defenses=("references:models=4", "reestimate+references:models=4"),
        seeds=(0, 1),
    )
    for plan, seeds in ((few, 1), (many, 2)):
        kinds = Counter(stage.kind for stage in plan.stages.values())
        assert kinds["reference"] == 4 * seeds and kinds["local"] == seeds
        seeded = {stage.seed for stage in plan.stages.values() if stage.kind == "reference"}
        assert len(seeded) == 4 * seeds, "each has a seed of its own"
    scans = [stage for stage in many.stages.values() if stage.kind == "scan"]
    assert len(scans) == 2 * 3 * 3 * 2, "a scan a seed, model, mode and defense"
    more = planned(attacks=("bra",), modes=("direct",), defenses=("references:models=6",), seeds=(0,))
    assert {i for i in few.stages if i.startswith("reference-")} < set(more.stages), "a larger pool has the smaller one"


PLUGIN = '''"""Two defenses from outside the tree."""
from dataclasses import dataclass, replace

import numpy as np

from rbench.core.detection import Detection
from rbench.core.config import Options
from rbench.defenses import Deployed, Detector, Flagged, Handed, Repair, register


@dataclass(frozen=True)
class Config(Options):
    """No options."""


@register
class FirstItems(Detector[Config]):
    """Flag items 1 and 2."""

    paper = "none"

    def detect(self, deployed: Deployed) -> Detection:
        scores = np.zeros(deployed.data.n_items + 1)
        scores[[1, 2]] = 1
        return Detection(scores, scores > 0, {"found": 2})


@register
class Zeroed(Repair[Config]):
    """Set the embeddings of flagged items to 0."""

    paper = "none"
    inputs = (Flagged(),)

    def repair(self, handed: Handed):
        opened, flagged = handed.victim.open(handed.pretrained, handed.data), handed.given(Flagged).flagged
        table = opened.table
        table[flagged] = 0
        return opened.with_table(table), {"zeroed": int(flagged.sum())}
'''


def test_a_chain_from_outside_the_tree(process, size, tmp_path):
    plugin, out = tmp_path / "two.py", tmp_path / "out"
    plugin.write_text(PLUGIN)
    words = ["--attacks", "bra", "--modes", "direct", "--seeds", "1"]
    chains = "first-items+zeroed,first-items+filter,prompt-probe+zeroed,first-items+reestimate+prompt-probe"
    done = process("run", *size, *words, "--defenses", chains, "--plugin", plugin, "--out", out, "--workers", "2")
    assert (done.code, done.err) == (0, ""), done.err
    found = {}
    for path in (out / "records").glob("*.json"):
        record = json.loads(path.read_text())
        if record["cell"]["attack"] == "bra":
            found[record["cell"]["defense"]] = record
    assert found.keys() == {"none", *chains.split(",")}
    record = found["first-items+zeroed"]
    assert record["log"]["detect"] == {"found": 2} and record["log"]["repair"] == {"zeroed": 2}
    assert "HIT@5" in record["metrics"]["all"] and record["user_tests"]
    assert found["first-items+filter"]["log"]["serve"]["left_out"] == 2
    assert found["first-items+reestimate+prompt-probe"]["log"]["repair"] == {"mended": 2}
    assert "average precision" in found["first-items+reestimate+prompt-probe"]["metrics"]["all"]
    again = process("report", out, "--check", "--plugin", plugin)
    assert (again.code, again.err) == (0, "")
