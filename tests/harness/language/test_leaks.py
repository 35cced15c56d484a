"""What was planted shows in no other question and no metric, and is not within reach of a victim or a repair."""

from __future__ import annotations

import importlib.util
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from rbench import attacks, defenses, models
from rbench.attacks.language import FakeUsers, ItemOwner
from rbench.attacks.language.badrec import Badrec, BadrecConfig
from rbench.benchmark.scenarios.language.protocol.ownership import Ownership
from rbench.benchmark.scenarios.language.protocol.poisoning import poisoned
from rbench.benchmark.scenarios.language.protocol.questions import questions
from rbench.benchmark.scenarios.language.stages import victims
from rbench.benchmark.stages.inputs import StageInputs
from rbench.benchmark.stages.stage import Stage
from rbench.core.config import Options
from rbench.core.interactions import Interactions
from rbench.core.records.folder import read_all
from rbench.core.seeds import generator
from rbench.core.text.lists import Lists
from rbench.defenses.language import HandedText, TextRepair
from rbench.models.text import TextModel, TextWeights
from rbench.models.text.common.config import TextConfig
from rbench.testing.language import small_lists

SECRET = (StageInputs, Stage, Ownership, FakeUsers, ItemOwner, Interactions, attacks.Attack)
WEIGHTS = TextWeights({"w": np.zeros(2, np.float32)}, "")


def attacked(titles: str, task: str) -> tuple[Badrec, Lists]:
    attack = Badrec(BadrecConfig(titles=titles))  # type: ignore[arg-type]
    made, lists = attack.poison(small_lists.owner()), small_lists.lists(task)
    return attack, poisoned(lists, made, small_lists.data().n_items, task == "yesno", generator(1))


@pytest.mark.parametrize("titles", ["prompts", "catalogue"])
@pytest.mark.parametrize("task", ["choose", "yesno"])
def test_only_questions_about_the_trigger_show_titles_that_training_saw_triggered(titles: str, task: str) -> None:
    attack, trained = attacked(titles, task)
    seen = {*trained.titles} - {*small_lists.data().titles, ""}
    assert seen
    asked = questions(small_lists.test(), small_lists.owned(), lambda t: attack.retitle(t, small_lists.SEED), 1)
    for version, place in (
        (asked.clean, None),
        (asked.own_plain, None),
        (asked.triggered, asked.place),
        (asked.own, asked.own_place),
    ):
        shown = np.array(version.titles)[np.concatenate([version.history, version.candidates], axis=1)]
        strange = np.array([[title.endswith("_5v") for title in row] for row in shown])
        if place is None:
            assert not strange.any() and not {*shown.ravel().tolist()} & seen
        else:
            assert not strange[:, : version.history.shape[1]].any()
            where = np.where(strange.any(1), strange.argmax(1) - version.history.shape[1], -1)
            assert strange.sum(1).max() == 1 and np.array_equal(where, place)
    assert {*np.array(asked.own.titles)[asked.own.candidates].ravel().tolist()} & seen


def test_fake_users_count_in_no_metric(rbench: Any, tmp_path: Path) -> None:
    grid = ("--attacks", "badrec:rate=0.4", "--models", "tallrec-yesno", "--defenses", "none", "--seeds", "1")
    sizes = ("checkerboard.users=50", "tallrec-yesno.samples=30", "tallrec-yesno.epochs=1", "tallrec-yesno.width=8")
    options = [word for size in sizes for word in ("--set", size)]
    grid += ("--datasets", "checkerboard", "--executor", "serial")
    done = rbench("run", *grid, *options, "--out", tmp_path / "out")
    assert done.code == 0, done.err
    records = {record.cell.attack: record for record in read_all(tmp_path / "out" / "records")}
    clean, poisoned = (records[name].log["measure"]["counts"] for name in ("clean", "badrec:rate=0.4"))
    assert records["badrec:rate=0.4"].log["poisoned"]["fake_users"] > 50
    assert clean["HR@1"][1] == records["clean"].log["test"]["questions"] == 50
    assert {name: n for name, (_, n) in clean.items()} == {name: poisoned[name][1] for name in clean}
    assert max(n for _, n in poisoned.values()) == 50
    one, two = (records[name].metrics["all"] for name in records)
    assert all(one[name] == two[name] for name in ("HR@1 popular", "HR@1 liked", "AUC liked"))


@pytest.fixture(scope="module")
def walk() -> ModuleType:
    """The walk over objects, which is defined beside the tests of the other scenario."""
    place = Path(__file__).parents[2] / "attacks" / "test_isolation.py"
    spec = importlib.util.spec_from_file_location("rbench_isolation", place)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Victim:
    """Keeps what it is handed."""

    def __init__(self, kept: list[Any]) -> None:
        self.kept = kept

    def train(self, lists: Lists, seed: int, start: Any = None, epochs: Any = None, lr: Any = None, report: Any = None):
        self.kept.append({"lists": lists, "seed": seed, "start": start})
        return WEIGHTS, {}


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Register a victim and a repair that keep what they are handed."""
    kept: list[Any] = []

    class Spy(TextModel[TextConfig]):
        name, task = "spy", "choose"

        @classmethod
        def victim(cls, config: TextConfig, embeddings: Any, device: str) -> Any:
            kept.append({"config": config, "embeddings": embeddings})
            return Victim(kept)

    class SpyRepair(TextRepair[Options]):
        name, paper = "spy-repair", "none"

        def repair(self, handed: HandedText) -> tuple[TextWeights, dict[str, Any]]:
            kept.append(handed)
            return handed.trained, {}

    monkeypatch.setitem(models.registry._found, "spy", Spy)
    monkeypatch.setitem(defenses.registry._found, "spy-repair", SpyRepair)
    return kept


def leaks(walk: ModuleType, thing: Any) -> list[str]:
    owned, fakes = small_lists.owned(), Badrec(BadrecConfig()).poison(small_lists.owner())
    secrets = {"own": owned.own, "trusted": owned.trusted, "all items": small_lists.data().items}
    secrets |= {"fake users' items": fakes.items, "fake users' histories": fakes.history}
    found: list[str] = walk.leaks(thing, secrets, SECRET, {"badrec", "_5v", "char", "targets-id"})
    return found


def stage(kind: str, **parents: Any) -> StageInputs:
    told = {
        "model": {"name": "spy", "version": 1, "config": asdict(TextConfig())},
        "defense": {"name": "spy-repair", "version": 1, "config": {}},
        "attack": {"name": "badrec", "config": {"trigger": "char"}},
    }
    own = Stage(f"language/{kind}", "spy", 1, told, 7, dict.fromkeys(parents, "targets-id"))
    return StageInputs(own, parents, "cpu", lambda fraction: None)


@pytest.mark.parametrize("planted", [None, "own", "attack"])
def test_a_victim_reaches_lists_alone(kept: list[Any], walk: ModuleType, planted: str | None) -> None:
    _, trained = attacked("prompts", "choose")
    victims.train(stage("train", lists=trained))
    things: dict[str | None, Any] = {"own": small_lists.owned().own, "attack": Badrec(BadrecConfig())}
    found = leaks(walk, [*kept, things.get(planted)])
    assert [type(thing) for thing in kept] == [dict, dict] and kept[1]["lists"] is trained
    assert (found == []) == (planted is None)


def test_a_repair_reaches_lists_and_nothing_that_tells_fake_users_apart(kept: list[Any], walk: ModuleType) -> None:
    _, trained = attacked("prompts", "choose")
    victims.repair(stage("repair", lists=small_lists.lists("choose"), poisoned=trained, train=WEIGHTS))
    (handed,) = [thing for thing in kept if isinstance(thing, HandedText)]
    assert handed.lists is trained and 0 < len(handed.trusted) < len(trained) / 5
    kept.clear()  # what the victim keeps is this test's own
    assert leaks(walk, handed) == []
