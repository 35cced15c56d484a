"""A checkpoint that RecBole's own trainer saved becomes a folder, and ranks here as it does there."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import rbench as package
from rbench.core.errors import UserError
from rbench.models import Model, registry
from rbench.models.gru4rec import GRU4Rec, GRU4RecConfig
from rbench.models.sequential.recbole.door import model_class, undisturbed

PAGE = Path(__file__).resolve().parents[2] / "docs" / "handover.md"
N_ITEMS, LENGTH = 20, 6
NAMES = {"SASRec": "sasrec", "GRU4Rec": "gru4rec", "GRU4RecF": "gru4recf", "SASRecF": "sasrecf", "FDSA": "fdsa"}


@dataclass
class Trained:
    """What RecBole has after training: its data set, its model at its best, and where its trainer saved that."""

    data: Any
    model: Any
    checkpoint: Path


def write_log(folder: Path) -> None:
    """Write a log in RecBole's format, whose order of items is none of theirs, and items' categories."""
    rng = np.random.default_rng(0)
    rows = [(user, item, when) for user in range(20) for when, item in enumerate(rng.permutation(N_ITEMS)[:6])]
    log = "".join(f"u{user}\tfilm-{item}\t{when}\n" for user, item, when in rows)
    (folder / "tiny").mkdir()
    (folder / "tiny" / "tiny.inter").write_text(f"user_id:token\titem_id:token\ttimestamp:float\n{log}")
    items = "".join(f"film-{item}\tc{item % 3}\n" for item in range(N_ITEMS))
    (folder / "tiny" / "tiny.item").write_text(f"item_id:token\tclass:token\n{items}")


def train(name: str, folder: Path) -> Trained:
    cls = model_class(name)
    options = {
        "data_path": str(folder),
        "checkpoint_dir": str(folder / "saved"),
        "load_col": {"inter": ["user_id", "item_id", "timestamp"], "item": ["item_id", "class"]},
        "eval_args": {"split": {"LS": "valid_and_test"}, "order": "TO", "mode": "full"},
        "MAX_ITEM_LIST_LENGTH": LENGTH,
        "train_neg_sample_args": None,
        "epochs": 2,
        "gpu_id": "",
        "show_progress": False,
    }
    with undisturbed():
        from recbole.config import Config
        from recbole.data import create_dataset, data_preparation
        from recbole.trainer import Trainer

        config = Config(model=cls, dataset="tiny", config_dict=options)
        data = create_dataset(config)
        batches, valid, _ = data_preparation(config, data)
        torch.autograd.set_detect_anomaly(False)
        trainer = Trainer(config, cls(config, batches.dataset))
        trainer.fit(batches, valid, verbose=False)
        # Its trainer saves the best epoch, which need not be the last.
        best = torch.load(trainer.saved_model_file, weights_only=False)
        trainer.model.load_state_dict(best["state_dict"])
    return Trained(data, trainer.model.eval(), Path(trainer.saved_model_file))


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Trained]:
    folder = tmp_path_factory.mktemp("recbole")
    write_log(folder)
    done: dict[str, Trained] = {}

    def get(name: str) -> Trained:
        if name not in done:
            done[name] = train(name, folder)
        return done[name]

    return get


def write_items(dataset: Any) -> None:
    """Run what the page shows, which writes ``items.txt``."""
    (block,) = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    exec(block, {"dataset": dataset})


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", NAMES)
def test_what_recbole_trained_ranks_here_as_there(name, trained, rbench, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    theirs = trained(name)
    write_items(theirs.data)
    done = rbench("import", theirs.checkpoint, "--items", "items.txt", "--out", "handed")
    assert done.code == 0 and done.out == f"The model of {theirs.checkpoint} is in handed: {NAMES[name]}, 20 items.\n"
    assert ("numbered alike" in done.err) == name.endswith(("F", "FDSA"))
    model, ids = package.handover("handed")
    for row, item in enumerate(ids, 1):
        assert theirs.data.token2id("item_id", item) == row
    for array, tensor in theirs.model.state_dict().items():
        assert np.array_equal(model.weights[array], tensor.numpy())

    victim = registry.get(model.card["model"])
    assert issubclass(victim, Model)
    config, build = victim.Config(**model.card["config"]), victim.build
    categories = [theirs.data.item_feat["class"].numpy()] if victim.needs_categories else []
    network = build(config, N_ITEMS, *categories)
    network.load_state_dict({array: torch.from_numpy(value.copy()) for array, value in model.weights.items()})
    network.eval()
    rng = np.random.default_rng(1)
    items = torch.from_numpy(rng.integers(1, N_ITEMS + 1, (10, LENGTH)))
    with torch.no_grad():
        found = network.encode(items) @ network.item_embedding.weight.T
        for length in range(1, LENGTH + 1):
            rows = torch.where(torch.arange(LENGTH) < length, items, 0)
            batch = {"item_id_list": rows, "item_length": torch.full((len(items),), length)}
            expected = theirs.model.full_sort_predict(batch)
            torch.testing.assert_close(found[:, length - 1], expected, atol=1e-5, rtol=1e-5)


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
        ((), "name it: --model fdsa|"),
        (("--model", "gru4re"), "did you mean gru4rec"),
        (("--model", "ncf"), "unknown model to import as"),
        (("--model", "gru4rec"), "'dense.bias' is of float32 and shape (4,), and gru4rec with these options needs"),
        (("--model", "sasrec"), "'LayerNorm.bias' is missing"),
        (("--model", "fdsa"), "one feature of items, of type token"),
        (("--model", "gru4rec", *SIZES, "--set=gru4rec.n_layers=2"), "'gru_layers.weight_hh_l1' is missing"),
        (("--model", "gru4rec", *SIZES, "--set=gru4rec.n_layers=1000000"), "has only 5 arrays"),
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


ROWS = [f"film-{i}" for i in range(N_ITEMS)]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\n".join(ROWS), None),
        ("\n".join(["[PAD]", *ROWS]) + "\n", None),
        ("\n".join(ROWS[1:]) + "\n", "has 19 ids, and the model has 20 items"),
        ("\n".join(["x", *ROWS]), "has 21 ids"),
        ("\n".join(["[PAD]", *ROWS[1:]]), "has 19 ids"),
        ("\n".join([*ROWS[1:], ROWS[1]]), "stands in line 1 already"),
        ("\r\n".join(ROWS), "control character"),
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


@pytest.mark.filterwarnings("ignore")
def test_options_of_a_stranger(trained, tmp_path):
    """The configuration in a checkpoint is data like the rest: types, ranges and shapes are checked."""
    (tmp_path / "items.txt").write_text("\n".join(ROWS), "utf-8")
    with undisturbed():
        sound = torch.load(trained("SASRec").checkpoint, weights_only=False)

    def said(**changes: Any) -> str:
        held = dict(vars(sound["config"])["final_config_dict"])
        for name, value in changes.items():
            vars(sound["config"])["final_config_dict"][name] = value
        torch.save(sound, tmp_path / "changed.pth", pickle_protocol=4)
        vars(sound["config"])["final_config_dict"] = held
        with pytest.raises(UserError) as error:
            package.import_checkpoint(tmp_path / "changed.pth", tmp_path / "new", items=tmp_path / "items.txt")
        assert str(error.value).isprintable() and len(str(error.value)) < 600
        return str(error.value)

    assert "n_layers=1000000" in said(n_layers=10**6)
    assert "n_layers is" in said(n_layers=10**200)
    assert "n_heads" in said(n_heads=0)
    assert "n_heads" in said(n_heads=3)
    assert "inner_size" in said(inner_size="__import__('os').abort()")
    assert "inner_size" in said(inner_size=[64])
    assert "control character" in said(hidden_act="\x1b[2J")
    assert "choose relu, gelu" in said(hidden_act="tanh")
    assert "dropout" in said(hidden_dropout_prob=float("nan"))
    assert "dropout" in said(attn_dropout_prob=1.5)
    assert "layer_norm_eps must be 1e-12" in said(layer_norm_eps=1.0)
    assert "needs float32 of shape (7, 64)" in said(MAX_ITEM_LIST_LENGTH=7)
    assert "needs float32 of shape" in said(hidden_size=2**20)
    assert "hidden_size=1073741824 is larger" in said(hidden_size=2**30)
