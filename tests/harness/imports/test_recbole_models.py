"""A checkpoint that RecBole's own trainer saved becomes a folder, and scores here as it does there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from rbench_trained import ITEMS, LENGTH, N_ITEMS, OPTIONS, write_items

import rbench as package
from rbench.core.interactions import Interactions
from rbench.core.pretrained import Pretrained
from rbench.models import Model, registry
from rbench.models.sequential.recbole.abilities import table
from rbench.models.sequential.recbole.door import undisturbed
from rbench.models.sequential.settings import PromptConfig, RankConfig
from rbench.models.sequential.victim import Victim

pytestmark = pytest.mark.filterwarnings("ignore")
USERS = ("Caser", "HRM", "FOSSIL", "HGN", "NPE", "SHAN", "TransRec")
OTHERS = tuple(sorted(OPTIONS.keys() - set(USERS)))
CONFIGURED: dict[str, dict[str, Any]] = {
    "BERT4Rec": {"dropout": 0.1, "attention_dropout": 0.3, "mask_ratio": 0.4, "last_only": 0.3, "hidden_act": "relu"},
    "NARM": {"dropout": 0.1, "output_dropout": 0.3},
    "LightSANs": {"dropout": 0.1, "attention_dropout": 0.3, "padding": "kept"},
    "SINE": {"prototypes": 7, "interests": 2, "tau": 0.2},
    "CORE": {"dropout": 0.1, "attention_dropout": 0.3, "session_dropout": 0.1, "item_dropout": 0.2, "dnn_type": "trm"},
    "RepeatNet": {"joint_train": True, "dropout": 0.1},
    "Caser": {"dropout": 0.1, "norms": 0.01, "n_horizontal": 3, "n_vertical": 2},
    "HRM": {"dropout": 0.1, "max_length": 3, "user_pooling": "average"},
    "GCSAN": {"model": "GCSAN", "padding": "zero"},
    "NextItNet": {"model": "NextItNet", "padding": "kept"},
}
"""Some options that a checkpoint's model must have here; scores do not show all of them."""


def histories() -> list[list[int]]:
    """Return two random histories of each length, with items that come again."""
    rng = np.random.default_rng(1)
    return [rng.integers(1, N_ITEMS + 1, length).tolist() for length in range(1, LENGTH + 1) for _ in range(2)]


def scores(model: Pretrained, categories: Any, sequences: Sequence[Sequence[int]]) -> torch.Tensor:
    """Open a model as a platform does, and score all items after these sequences."""
    victim = registry.get(model.card["model"])
    assert issubclass(victim, Model)
    data = Interactions(
        "tiny",
        np.concatenate(sequences).astype(np.int32),
        np.cumsum([0, *map(len, sequences)]).astype(np.int64),
        categories,
        tuple("ab"),
        {},
        tuple(f"u{user}" for user in range(len(sequences))),
        tuple(ITEMS),
    )
    opened = Victim(victim, victim.Config(**model.card["config"]), {}, PromptConfig(), RankConfig()).open(model, data)
    return torch.from_numpy(np.concatenate(list(opened.scores(data))))


def assert_same(found: torch.Tensor, expected: torch.Tensor) -> None:
    """Column 0 is padding; scores that hardly differ from each other would show nothing."""
    found, expected = found[:, 1:], expected[:, 1:]
    assert (found - expected).abs().max() < min(1e-5, 1e-3 * expected.std())


def kinds(theirs: Any) -> Any:
    return theirs.data.item_feat["class"].numpy().astype(np.int32)


@pytest.mark.parametrize("name", OTHERS)
def test_what_recbole_trained_scores_here_as_there(name, trained, rbench, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    theirs = trained(name)
    write_items(theirs.data)
    done = rbench("import", theirs.checkpoint, "--items", "items.txt", "--out", "handed")
    victim = "recbole" if name in ("GCSAN", "NextItNet", "SRGNN") else name.lower().partition(",")[0]
    assert done.code == 0 and done.out == f"The model of {theirs.checkpoint} is in handed: {victim}, 20 items.\n"
    assert ("numbered alike" in done.err) == name.endswith(("F", "FDSA"))
    assert ("row 0 of its item table" in done.err) == (name in table() and table()[name].padding)
    assert ("leaves out the oldest" in done.err) == (name == "BERT4Rec")

    model, ids = package.handover("handed")
    for row, item in enumerate(ids, 1):
        assert theirs.data.token2id("item_id", item) == row
    assert model.card["config"]["max_length"] == LENGTH
    assert CONFIGURED.get(name, {}).items() <= model.card["config"].items()
    state = {array: tensor.numpy() for array, tensor in theirs.model.state_dict().items()}
    if name == "RepeatNet":
        state["item_embedding.weight"] = state.pop("item_matrix.weight")
    if name == "BERT4Rec":
        *items, state["item_embedding.mask"] = state["item_embedding.weight"]
        state["item_embedding.weight"] = np.stack(items)
    assert model.weights.keys() == state.keys()
    assert all(np.array_equal(model.weights[array], value) for array, value in state.items())
    assert_same(scores(model, kinds(theirs), histories()), theirs.scores(histories()))


def changed(path: Path, to: Path, **arrays: torch.Tensor) -> Path:
    """Save a checkpoint with some arrays changed."""
    with undisturbed():
        held = torch.load(path, weights_only=False)
    held["state_dict"] |= {name.replace("__", "."): value for name, value in arrays.items()}
    torch.save(held, to, pickle_protocol=4)
    return to


@pytest.mark.parametrize("name", USERS)
def test_a_table_of_users_is_refused_and_one_user_is_not(name, trained, rbench, tmp_path, monkeypatch):
    """With the row of one user alone, every history is scored as if it were that user's."""
    monkeypatch.chdir(tmp_path)
    theirs = trained(name)
    write_items(theirs.data)
    done = rbench("import", theirs.checkpoint, "--items", "items.txt", "--out", "handed")
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert "has 21 rows, for the users that RecBole trained" in done.err and not Path("handed").exists()

    users = "user_lambda" if name == "FOSSIL" else "user_embedding"
    row = theirs.model.state_dict()[f"{users}.weight"][3:4]
    alone = changed(theirs.checkpoint, tmp_path / "alone.pth", **{f"{users}__weight": row})
    model = package.import_checkpoint(alone, "handed", items="items.txt")
    assert CONFIGURED.get(name, {}).items() <= model.card["config"].items()
    assert_same(scores(model, kinds(theirs), histories()), theirs.scores(histories(), user=3))


READS = [name for name in OTHERS if name in table() and table()[name].padding]


@pytest.mark.parametrize("name", READS)
def test_padding_can_be_taken_out(name, trained, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    theirs = trained(name)
    write_items(theirs.data)
    victim = "recbole" if name == "NextItNet" else name.lower()
    zero = package.import_checkpoint(
        theirs.checkpoint, "zero", items="items.txt", model=victim, options={f"{victim}.padding": "zero"}
    )
    found, kept = scores(zero, kinds(theirs), histories()), theirs.scores(histories())
    table = theirs.model.get_parameter("item_matrix.weight" if name == "RepeatNet" else "item_embedding.weight").data
    padding = table[0].clone()
    try:
        table[0] = 0
        assert_same(found, theirs.scores(histories()))
    finally:
        table[0] = padding
    full = len(histories()) - 2
    assert_same(found[full:], kept[full:])
    assert (found - kept)[:full, 1:].abs().max() > 0.01 * kept[:, 1:].std()


@pytest.mark.parametrize("name", READS)
def test_a_zero_row_of_padding_needs_no_option(name, trained, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    theirs = trained(name)
    write_items(theirs.data)
    items = "item_matrix.weight" if name == "RepeatNet" else "item_embedding.weight"
    table = theirs.model.state_dict()[items].clone()
    table[0] = 0
    path = changed(theirs.checkpoint, tmp_path / "zero.pth", **{items.replace(".", "__"): table})
    assert package.import_checkpoint(path, "handed", items="items.txt").card["config"]["padding"] == "zero"


def test_models_have_the_option_padding_if_they_read_it():
    for name, can in table().items():
        found = [cls for cls in registry.usable().values() if getattr(cls, "recbole", None) == name]
        for victim in found:
            assert hasattr(victim.Config(), "padding") == can.padding, name
        if not can.refused and name != "SASRec":
            assert found or name in OPTIONS


def test_a_model_that_cannot_be_a_victim_is_named(trained, rbench, tmp_path):
    (tmp_path / "items.txt").write_text("\n".join(ITEMS), "utf-8")
    with undisturbed():
        held = torch.load(trained("STAMP").checkpoint, weights_only=False)
        from recbole.model.context_aware_recommender.fm import FM
        from recbole.model.sequential_recommender.fearec import FEARec
    for cls, said in ((FEARec, "FEARec cannot be imported: it looks up"), (FM, "unknown model of RecBole in")):
        vars(held["config"])["model_class"] = cls
        torch.save(held, tmp_path / "other.pth", pickle_protocol=4)
        done = rbench("import", tmp_path / "other.pth", "--items", tmp_path / "items.txt", "--out", tmp_path / "new")
        assert done.code == 2 and said in done.err and done.err.count("\n") == 1


def test_a_state_alone_by_recboles_name(trained, tmp_path):
    theirs = trained("SRGNN")
    torch.save(theirs.model.state_dict(), tmp_path / "state.pth")
    (tmp_path / "items.txt").write_text("\n".join(ITEMS), "utf-8")
    options = {"model": "SRGNN", "max_length": LENGTH, "options": ["embedding_size=6", "step=2"]}

    def imported(to: str, **given: object) -> Pretrained:
        made: Pretrained = package.import_checkpoint(
            tmp_path / "state.pth", tmp_path / to, items=tmp_path / "items.txt", model="recbole", options=given
        )
        return made

    assert_same(scores(imported("one", recbole=options), kinds(theirs), histories()), theirs.scores(histories()))
    with pytest.raises(package.UserError, match=r"name RecBole's model too: --set recbole\.model=NAME"):
        imported("two")
