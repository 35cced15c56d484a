"""``rbench import``: what does not fit each other, lists of items, and options of a stranger."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from rbench_trained import ITEMS, N_ITEMS

import rbench as package
from rbench.core.errors import UserError
from rbench.models.gru4rec import GRU4Rec, GRU4RecConfig


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """Return a file with the state of a GRU4Rec alone."""
    torch.manual_seed(0)
    network = GRU4Rec.build(GRU4RecConfig(embedding_size=4, hidden_size=6, max_length=5), N_ITEMS)
    torch.save(network.state_dict(), tmp_path / "gru.pth")
    (tmp_path / "items.txt").write_text("".join(f"film-{i}\n" for i in range(N_ITEMS)), "utf-8")
    return tmp_path / "gru.pth"


SIZES = ("--set=gru4rec.embedding_size=4", "--set=gru4rec.hidden_size=6", "--set=gru4rec.max_length=5")


def test_a_state_alone(state, rbench, contents, tmp_path):
    given = ("--items", tmp_path / "items.txt")
    done = rbench("import", state, *given, "--out", tmp_path / "one", "--model", "gru4rec", *SIZES)
    assert (done.code, done.err) == (0, "")
    sizes = {"gru4rec.embedding_size": 4, "gru4rec.hidden_size": 6, "gru4rec": {"max_length": 5}}
    made = package.import_checkpoint(
        state, tmp_path / "two", items=tmp_path / "items.txt", model="gru4rec", options=sizes
    )
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    there = torch.load(state)
    assert made.card["config"]["max_length"] == 5
    assert all(np.array_equal(made.weights[name], there[name].numpy()) for name in there)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "name it: --model bert4rec|caser|"),
        (("--model", "gru4re"), "did you mean gru4rec"),
        (("--model", "ncf"), "unknown model to import as"),
        (("--model", "gru4rec"), "'dense.bias' is of float32 and shape (4,), and gru4rec with these options needs"),
        (("--model", "sasrec"), "'LayerNorm.bias' is missing"),
        (("--model", "fdsa"), "one feature of items, of type token"),
        (("--model", "gru4rec", *SIZES, "--set=gru4rec.n_layers=2"), "'gru_layers.weight_hh_l1' is missing"),
        (
            ("--model", "gru4rec", *SIZES, "--set=gru4rec.n_layers=1000000"),
            "n_layers=1000000 is larger",
        ),
        (("--model", "gru4rec", *SIZES, "--set=gru4rec.hidden_size=2000000000"), "hidden_size=2000000000 is larger"),
        (("--model", "gru4rec", *SIZES, "--set=gru4rec.hidden_size=16000000"), "'dense.weight' is of"),
        (("--model", "gru4rec", *SIZES, "--set=gru4rec.sizes=3"), "unknown option of"),
        (("--model", "gru4rec", *SIZES, "--set=gru.max_length=3"), "unknown section of --set"),
        ((*SIZES,), "name it: --model"),
    ],
)
def test_what_does_not_fit(words, said, state, rbench, contents, tmp_path):
    before = contents(tmp_path)
    done = rbench("import", state, "--items", tmp_path / "items.txt", "--out", tmp_path / "new", *words)
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1), done.err
    assert said in done.err
    assert contents(tmp_path) == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\n".join(ITEMS), None),
        ("\n".join(["[PAD]", *ITEMS]) + "\n", None),
        ("\n".join(ITEMS[1:]) + "\n", "has 19 ids, and the model has 20 items"),
        ("\n".join(["x", *ITEMS]), "has 21 ids"),
        ("\n".join(["[PAD]", *ITEMS[1:]]), "has 19 ids"),
        ("\n".join([*ITEMS[1:], ITEMS[1]]), "stands in line 1 already"),
        ("\r\n".join(ITEMS), "control character"),
        ("", "is empty"),
    ],
)
def test_lists_of_items(text, said, state, tmp_path):
    (tmp_path / "items.txt").write_bytes(text.encode())
    options = {"gru4rec": {"embedding_size": 4, "hidden_size": 6}}

    def imported():
        package.import_checkpoint(
            state, tmp_path / "new", items=tmp_path / "items.txt", model="gru4rec", options=options
        )

    if said is None:
        imported()
        assert len(package.handover(tmp_path / "new")[1]) == N_ITEMS
    else:
        with pytest.raises(UserError, match=said):
            imported()
