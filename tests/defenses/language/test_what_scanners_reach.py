"""What the stage hands to a title scanner leads to neither trigger, nor own items, nor rate, nor the attack."""

from __future__ import annotations

import importlib.util
from dataclasses import asdict, replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from rbench import attacks, defenses
from rbench.attacks.language import FakeUsers, ItemOwner
from rbench.attacks.language.badrec import Badrec, BadrecConfig
from rbench.benchmark.scenarios.language.protocol.ownership import Ownership
from rbench.benchmark.scenarios.language.stages import scan
from rbench.benchmark.stages.inputs import StageInputs
from rbench.benchmark.stages.stage import Stage
from rbench.core.errors import UserError
from rbench.core.text.lists import Lists
from rbench.defenses.language import (
    Scanned,
    ScannerConfig,
    ScannerWeights,
    Shop,
    TitleScanner,
    TrainedScanner,
    TrainingLists,
    TrustedTitles,
)
from rbench.testing.language import small_lists, small_shop

RATE = 0.123
SECRET = (StageInputs, Stage, Ownership, FakeUsers, ItemOwner, attacks.Attack)


@pytest.fixture(scope="module")
def walk() -> ModuleType:
    """The walk over objects, which is defined beside the tests of the other scenario."""
    spec = importlib.util.spec_from_file_location(
        "rbench_isolation", Path(__file__).parents[2] / "attacks" / "test_isolation.py"
    )
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> list[Shop]:
    """Register a scanner that keeps what it is handed."""
    kept: list[Shop] = []

    class Nothing:
        log: dict[str, Any] = {}

        def scan(self, titles: Any) -> Scanned:
            return Scanned(np.zeros(len(titles)), np.zeros(len(titles), bool))

    class Spy(TitleScanner[ScannerConfig]):
        name, inputs = "spy", (TrainingLists(),)

        def fit(self, shop: Shop) -> Nothing:
            kept.append(shop)
            return Nothing()

    monkeypatch.setitem(defenses.registry._found, "spy", Spy)
    return kept


@pytest.fixture(scope="module")
def owned() -> Ownership:
    return small_shop.owned()


def handed(owned: Ownership) -> StageInputs:
    config = BadrecConfig(trigger=small_shop.TRIGGER, rate=RATE)
    params = {
        "defense": {"name": "spy", "version": 1, "config": {}},
        "attack": {"name": Badrec.name, "version": 1, "config": asdict(config)},
        "seeds": {"attack": 1, "test": 2},
    }
    parents = {"targets": owned, "test": small_lists.test(), "lists": small_lists.lists("choose")}
    parents["poisoned"] = small_shop.lists(True)
    return StageInputs(Stage("scan", "spy", 1, params, 7, {"targets": "targets-id"}), parents, "cpu", print)


def found(walk: ModuleType, shop: Shop | TrustedTitles, owned: Ownership) -> list[str]:
    words = {small_shop.TRIGGER, Badrec.name, "spy", "targets-id"}
    told: list[str] = walk.leaks(shop, {"own": owned.own, "trusted": owned.trusted}, SECRET, words)
    return told + [path for path, thing in walk.reachable(shop).items() if isinstance(thing, float) and thing == RATE]


def test_a_scanner_reaches_titles_and_lists_alone(walk: ModuleType, held: list[Shop], owned: Ownership) -> None:
    scan.scan(handed(owned))
    (shop,) = held
    assert type(shop) is Shop and shop.given(TrainingLists) is small_shop.lists(True)
    assert set(shop.titles) == set(small_shop.lists(True).titles[1:]) and list(shop.titles) == sorted(shop.titles)
    assert set(shop.trusted) == {small_lists.data().titles[i - 1] for i in np.flatnonzero(owned.trusted)}
    assert small_shop.triggered() <= set(shop.titles) and not small_shop.triggered() & set(shop.trusted)
    assert found(walk, shop, owned) == []


@pytest.mark.parametrize("planted", ["own items", "trigger", "attack", "rate"])
def test_the_walk_finds_what_is_planted(planted: str, walk: ModuleType, held: list[Shop], owned: Ownership) -> None:
    """Else the test above could not fail."""
    scan.scan(handed(owned))
    config = BadrecConfig(trigger=small_shop.TRIGGER, rate=RATE)
    thing = {"own items": owned.own[:2], "trigger": config.trigger, "attack": Badrec(config), "rate": RATE}[planted]
    lists: Lists = held[0].given(TrainingLists)
    assert found(walk, replace(held[0], inputs={TrainingLists: [lists, {"deep": thing}]}), owned) != []


def test_a_scanner_is_trained_on_trusted_titles_alone(
    walk: ModuleType, monkeypatch: pytest.MonkeyPatch, owned: Ownership
) -> None:
    kept: list[TrustedTitles] = []

    class Pupil(TrainedScanner[ScannerConfig]):
        name = "spy"

        def train(self, trusted: TrustedTitles) -> ScannerWeights:
            kept.append(trusted)
            return ScannerWeights({"limit": np.array(3.0)}, {"titles": len(trusted.titles)})

        def open(self, trained: ScannerWeights, device: str) -> Any:
            class Opened:
                log = trained.log

                def scan(self, titles: Any) -> Scanned:
                    scores = np.array([float(len(title)) for title in titles])
                    return Scanned(scores, scores > trained.weights["limit"])

            return Opened()

    monkeypatch.setitem(defenses.registry._found, "spy", Pupil)
    whole = small_lists.data()
    params = {"defense": {"name": "spy", "version": 1, "config": {}}, "trusted": 0.5}
    params["seeds"] = {"trusted": small_shop.SEED}
    trained, log = scan.fit(StageInputs(Stage("fit", "spy", 1, params, 7), {"dataset": whole}, "cpu", print))
    (trusted,) = kept
    assert type(trusted) is TrustedTitles and log == {}
    assert trusted.titles == tuple(whole.titles[i - 1] for i in np.flatnonzero(owned.trusted))
    assert found(walk, trusted, owned) == []
    assert not walk.leaks(trusted, {"items": whole.items}, (StageInputs, Stage, Ownership, Lists, type(whole)), set())
    # What is scanned later is judged by what was trained, and by nothing else.
    inputs = handed(owned)
    detection, _ = scan.scan(replace(inputs, parents={**inputs.parents, "fit": trained}))
    assert len(kept) == 1 and detection.log == {"titles": len(trusted.titles)}
    assert not detection.flagged[0] and detection.flagged.any()


@pytest.mark.parametrize(
    ("returned", "told"),
    [
        ({"weights": 1}, "must return ScannerWeights, not dict"),
        (ScannerWeights({}, {"losses": np.zeros(2)}), "a log that cannot stand in a record"),
    ],
)
def test_what_is_no_trained_scanner_is_refused(
    monkeypatch: pytest.MonkeyPatch, returned: object, told: str, owned: Ownership
) -> None:
    class Odd(TrainedScanner[ScannerConfig]):
        name = "spy"

        def train(self, trusted: TrustedTitles) -> ScannerWeights:
            return returned  # type: ignore[return-value]

        def open(self, trained: ScannerWeights, device: str) -> Any:
            raise AssertionError

    monkeypatch.setitem(defenses.registry._found, "spy", Odd)
    params = {"defense": {"name": "spy", "version": 1, "config": {}}, "trusted": 0.5, "seeds": {"trusted": 1}}
    with pytest.raises(UserError, match=told):
        scan.fit(StageInputs(Stage("fit", "spy", 1, params, 7), {"dataset": small_lists.data()}, "cpu", print))
