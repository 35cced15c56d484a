"""What the stage hands to an item owner leads to no held-out item, no list, no trusted title and no victim."""

from __future__ import annotations

import importlib.util
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from rbench import attacks
from rbench.attacks.language import FakeUsers, ItemOwner, TitleAttack, TitleConfig
from rbench.benchmark.scenarios.language.protocol.ownership import Ownership
from rbench.benchmark.scenarios.language.stages import data
from rbench.benchmark.stages.inputs import StageInputs
from rbench.benchmark.stages.stage import Stage
from rbench.core.text.lists import Lists
from rbench.models import Recommender
from rbench.testing.language import small_lists


@pytest.fixture(scope="module")
def walk() -> ModuleType:
    """The walk over objects, which is defined beside the tests of the other scenario."""
    place = Path(__file__).parents[2] / "attacks" / "test_isolation.py"
    spec = importlib.util.spec_from_file_location("rbench_isolation", place)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> list[ItemOwner]:
    """Register an attack that keeps what it is handed."""
    kept: list[ItemOwner] = []

    class Spy(TitleAttack[TitleConfig]):
        name, paper = "spy", "none"

        def poison(self, owner: ItemOwner) -> FakeUsers:
            kept.append(owner)
            empty = np.zeros((0, owner.history), np.int32)
            return FakeUsers(empty, empty > 0, np.zeros(0, np.int32), ())

        def retitle(self, titles: Any, seed: int) -> list[str]:
            return list(titles)

    monkeypatch.setitem(attacks.registry._found, "spy", Spy)
    return kept


def test_an_item_owner_holds_public_data_and_its_own_items(held: list[ItemOwner], walk: ModuleType) -> None:
    whole, owned, lists = small_lists.data(), small_lists.owned(), small_lists.lists("choose")
    told = {"attack": {"name": "spy", "config": asdict(TitleConfig())}, "task": "choose"}
    parents = {"dataset": whole, "targets": owned, "lists": lists}
    stage = Stage("language/poison", "spy", 1, told, 7, dict.fromkeys(parents, "id"))
    found, log = data.poison(StageInputs(stage, parents, "cpu", lambda fraction: None))
    (owner,) = held
    assert type(owner) is ItemOwner and owner.fakes == round(0.01 * len(lists)) and log["fake_users"] == 0
    assert owner.data.titles == whole.titles
    for user in range(whole.n_users):  # nobody's last item
        assert owner.data.of(user).tolist() == whole.of(user)[:-1].tolist()
    secrets = {"all items": whole.items, "trusted": owned.trusted}
    secrets |= {name: getattr(lists, name) for name in ("history", "liked", "candidates", "labels")}
    assert walk.leaks(owner, secrets, (StageInputs, Stage, Ownership, Lists, Recommender), {"choose", "yesno"}) == []
    assert not np.shares_memory(owner.items, owned.own)
    assert len(found) == len(lists)
