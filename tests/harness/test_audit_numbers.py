"""A model that reads categories or attributes by number ranks the same for a log that numbers them otherwise."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from rbench.core.handover.names import NOTHING, Names
from rbench.core.handover.vocabulary import fit
from rbench.core.interactions import Attribute, Interactions
from rbench.core.topk import TopK
from rbench.models import Model
from rbench.models.gru4recf import GRU4RecF
from rbench.models.sasrec import SASRec
from rbench.models.sequential.settings import PromptConfig, RankConfig, Schedule
from rbench.models.sequential.victim import Victim

ORDER = np.array([0, 3, 1, 2], np.int32)
"""The log's number for each of the provider's."""


def provider() -> Interactions:
    """Return 40 users of 20 items, whose category and whose users' side decide what comes next."""
    draw = np.random.default_rng(0)
    sides = np.arange(40) % 3 + 1
    items = [
        (start + side * np.arange(6)) % 20 + 1 for side, start in zip(sides, draw.integers(20, size=40), strict=True)
    ]
    return Interactions(
        "theirs",
        np.concatenate(items).astype(np.int32),
        np.arange(0, 241, 6),
        np.array([0, *(item % 3 + 1 for item in range(20))], np.int32),
        ("x", "y", "z"),
        {"side": Attribute(sides.astype(np.int32), ("a", "b", "c"))},
        tuple(f"u{user}" for user in range(40)),
        tuple(f"i{item}" for item in range(1, 21)),
    )


def otherwise(data: Interactions) -> Interactions:
    """Return the same data with other numbers for the same names."""

    def names(own: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(name for _, name in sorted(zip(ORDER[1:].tolist(), own, strict=True)))

    sides = data.attributes["side"]
    return replace(
        data,
        categories=ORDER[data.categories],
        category_names=names(data.category_names),
        attributes={"side": Attribute(ORDER[sides.codes], names(sides.values))},
    )


@pytest.mark.parametrize(("model", "prompt"), [(GRU4RecF, "none"), (SASRec, "fresh")])
def test_rankings_do_not_depend_on_the_logs_numbers(model: type[Model], prompt: str):
    data = provider()
    victim = Victim(model, model.Config(max_length=6), {}, PromptConfig(), RankConfig())
    trained = victim.train(data, Schedule(epochs=15, lr=1e-2), 0, prompt=prompt, learn=("model", "prompt"))[0]
    read = Names.of(data, model.needs_categories, prompt != "none")

    def ranked(log: Interactions, names: Names) -> TopK:
        return victim.rank(trained, fit(log, data.item_ids, "theirs", names).data)

    expected = ranked(data, NOTHING)
    same, other = ranked(otherwise(data), read), ranked(otherwise(data), NOTHING)
    assert (same.items == expected.items).all() and (same.held_out_rank == expected.held_out_rank).all()
    assert (other.items != expected.items).any()


def test_prompts_are_read_by_name(rbench, finished, size, tmp_path):
    model = tmp_path / "model"
    assert rbench("export", "pretrain-pea", model, "--store", finished.store).code == 0
    schedule = ["--set=finetune.epochs=1", "--executor=serial", "--display=none"]
    words = ["--data", "checkerboard", *size[2:5], "--defenses", "kmeans", "--set=train.epochs=1", *schedule]
    note = "reads users' attributes by number"
    named = rbench("audit", model, *words)
    assert named.code in (0, 1) and note not in " ".join(named.out.split()), named.err
    card = json.loads((model / "card.json").read_text())
    del card["claims"]["numbered"]
    (model / "card.json").write_text(json.dumps(card))
    assert note in " ".join(rbench("audit", model, *words).out.split())
