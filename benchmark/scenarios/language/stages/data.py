"""Stages that need no victim: whose items are whose, what is asked, and what fake users add."""

from __future__ import annotations

from typing import Any

from .....attacks.language import ItemOwner
from .....core.config import configure
from .....core.interactions import Interactions
from .....core.seeds import generator
from .....core.text.lists import Lists
from ....stages.inputs import StageInputs
from .. import methods
from ..protocol.lists import choice_lists, like_lists, question_lists
from ..protocol.ownership import Ownership, draw
from ..protocol.poisoning import check_fakes, fakes_of, poisoned, samples_of
from ..protocol.settings import LanguageConfig
from ..protocol.titles import check_texts


def settings(inputs: StageInputs) -> LanguageConfig:
    """Return the scenario's options of a stage."""
    return configure(LanguageConfig, inputs.stage.params["language"], "language")


def ownership(inputs: StageInputs) -> tuple[Ownership, dict[str, Any]]:
    """Draw the attacker's items and the trusted ones; the log holds raw ids and popularity, for records."""
    data: Interactions = inputs.parents["dataset"]
    drawn = draw(data.n_items, inputs.stage.params["items"], inputs.stage.params["trusted"], inputs.seed)
    counts = data.item_counts()
    listed = [{"item": data.item_ids[i - 1], "popularity": int(counts[i])} for i in drawn.own.tolist()]
    return drawn, {"targets": listed}


def test(inputs: StageInputs) -> tuple[Lists, dict[str, Any]]:
    """Draw the lists that every victim is asked about."""
    data: Interactions = inputs.parents["dataset"]
    check_texts(data, likes=False)
    lists, overlapping = question_lists(data, settings(inputs), inputs.seed)
    return lists, {"questions": len(lists), "overlapping": round(overlapping, 4)}


def train(inputs: StageInputs) -> tuple[Lists, dict[str, Any]]:
    """Draw the lists that a victim is trained on."""
    data: Interactions = inputs.parents["dataset"]
    samples, yes_or_no = int(inputs.stage.params["samples"]), inputs.stage.params["task"] == "yesno"
    check_texts(data, yes_or_no)
    if yes_or_no:
        lists = like_lists(data, settings(inputs), samples, inputs.seed)
        return lists, {"lists": len(lists), "samples": samples_of(lists, True)}
    lists, overlapping = choice_lists(data, settings(inputs), samples, inputs.seed)
    return lists, {"lists": len(lists), "samples": len(lists), "overlapping": round(overlapping, 4)}


def poison(inputs: StageInputs) -> tuple[Lists, dict[str, Any]]:
    """Let an item owner add its fake users to training lists, and rename its items."""
    data: Interactions = inputs.parents["dataset"]
    lists: Lists = inputs.parents["lists"]
    owned: Ownership = inputs.parents["targets"]
    attack = methods.attack(inputs.stage.params["attack"])
    yes_or_no = inputs.stage.params["task"] == "yesno"
    samples = samples_of(lists, yes_or_no)
    fakes = fakes_of(attack.config.rate, samples, attack.name)
    history = lists.history.shape[1]
    owner = ItemOwner(data.drop_last(1), owned.own.copy(), fakes, history, inputs.seed)
    made = attack.poison(owner)
    check_fakes(made, owned.own, fakes, history, attack.name)
    found = poisoned(lists, made, data.n_items, yes_or_no, generator(inputs.seed, "candidates"))
    example = next(iter(made.titles), "")
    log = {"fake_users": len(made.items), "samples": samples, "renamed": len(made.renamed), "example": example}
    return found, log
