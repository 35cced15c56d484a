"""From RecBole's trainer to an answer: a checkpoint is imported, ranks a log as RecBole does, and is audited."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from rbench_trained import ITEMS, LENGTH, N_ITEMS, write_items

import rbench as package
from rbench.core.handover.vocabulary import fit
from rbench.datasets import resolve
from rbench.models import Model, registry
from rbench.models.sequential.settings import PromptConfig, RankConfig
from rbench.models.sequential.victim import Victim

pytestmark = pytest.mark.filterwarnings("ignore")
USERS, SHORTEST = 30, 4
SCHEDULES = {"train.epochs": 1, "finetune.epochs": 1}


def write_log(folder: Path) -> None:
    """Write a log of users whom RecBole never saw, and of one item that the model lacks."""
    rng = np.random.default_rng(4)
    folder.mkdir()
    kept = [rng.permutation(N_ITEMS)[: SHORTEST + u % 6] for u in range(USERS)]
    rows = [f"n{u},{ITEMS[i]},{t}" for u, items in enumerate(kept) for t, i in enumerate(items)]
    rows += ["n0,a new film,99"]
    (folder / "log.csv").write_text("user,item,time\n" + "\n".join(rows) + "\n")
    (folder / "rbench.toml").write_text('log = "log.csv"\nuser = "user"\nitem = "item"\ntime = "time"\n')


@pytest.mark.parametrize("name", ["STAMP", "BERT4Rec"])
def test_the_whole_way(name, trained, rbench, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    theirs = trained(name)
    write_items(theirs.data)
    write_log(tmp_path / "log")
    assert rbench("import", theirs.checkpoint, "--items", "items.txt", "--out", "handed").code == 0
    model, ids = package.handover("handed")
    log = resolve("./log").open().load()
    data = fit(log, ids, "handed").data
    assert (
        data.n_users == USERS
        and data.n_items == N_ITEMS
        and data.lengths.min() == SHORTEST < LENGTH < data.lengths.max()
    )

    # RecBole's ranking: its scores after the last items, without what a user had.
    histories = [data.of(user)[:-1].tolist() for user in range(USERS)]
    scores = theirs.scores([history[-LENGTH:] for history in histories]).numpy()
    hits = 0
    for history, row, truth in zip(histories, scores, (data.of(u)[-1] for u in range(USERS)), strict=True):
        row[[0, *history]] = -np.inf
        hits += int(truth in np.argsort(-row)[:10])

    victim = registry.get(model.card["model"])
    assert issubclass(victim, Model)
    opened = Victim(victim, victim.Config(**model.card["config"]), {}, PromptConfig(), RankConfig())
    assert np.array_equal(opened.rank(model, data).items[:, :10], np.argsort(-scores, 1)[:, :10])
    found = package.audit("handed", "./log", defenses="kmeans", options=SCHEDULES, executor="serial").found
    assert found["accuracy"]["model"]["HR@10"] == pytest.approx(hits / USERS) and 0 < hits < USERS
