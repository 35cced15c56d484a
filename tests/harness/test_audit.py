"""A model from somebody else is looked at and mended with a log whose items are not all its own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from rbench.benchmark.scenarios.pretrained.audit.exposure import by_popularity, slot_shares, suspicious
from rbench.core.errors import UserError
from rbench.core.handover.folder import read, write
from rbench.core.handover.vocabulary import fit
from rbench.core.interactions import Attribute, Interactions
from rbench.core.pretrained import Pretrained
from rbench.models.sasrec import SASRec
from rbench.models.sequential.settings import PromptConfig, RankConfig, Schedule
from rbench.models.sequential.victim import Victim

SCHEDULES = ["--set=train.epochs=8", "--set=finetune.epochs=1"]


def log(*sequences: list[int], ids: Sequence[str] = "abcd") -> Interactions:
    """Return users who have these items, item 1 being called ``a``."""
    lengths = [len(sequence) for sequence in sequences]
    return Interactions(
        "tiny",
        np.concatenate(sequences).astype(np.int32),
        np.cumsum([0, *lengths]).astype(np.int64),
        np.array([0, *range(1, len(ids) + 1)], np.int32),
        tuple(f"kind {item}" for item in ids),
        {"side": Attribute(np.ones(len(sequences), np.int32), ("left",))},
        tuple(f"user {u}" for u in range(len(sequences))),
        tuple(ids),
    )


def test_a_log_takes_the_models_items():
    # The model has no a, and a planted item x that nobody in the log knows.
    fitted = fit(log([1, 2, 3, 4], [1, 1, 2, 3], [4, 3, 2]), ("x", "d", "c", "b"), "model")
    assert [list(fitted.data.of(user)) for user in range(fitted.data.n_users)] == [[4, 3, 2], [2, 3, 4]]
    assert fitted.data.item_ids == ("x", "d", "c", "b")
    assert list(fitted.data.categories) == [0, 0, 4, 3, 2]
    assert fitted.data.user_ids == ("user 0", "user 2") and len(fitted.data.attributes["side"].codes) == 2
    assert (fitted.common, fitted.only_model, fitted.only_log, fitted.short_users) == (3, 1, 1, 1)
    assert fitted.dropped == pytest.approx(3 / 11)


@pytest.mark.parametrize(("items", "why"), [(("d",), "25% of the interactions in tiny"), (("a", "b"), "no user has 3")])
def test_logs_that_a_model_does_not_fit(items: tuple[str, ...], why: str):
    with pytest.raises(UserError, match=why):
        fit(log([1, 2, 3, 4], [2, 1, 4, 3]), items, "model")


def test_slot_shares_count_unused_slots():
    assert list(slot_shares(np.array([[1, 2], [1, 0]]), 3)) == [0, 0.5, 0.25, 0]


def test_popularity_masks_what_a_user_had_and_ranks_the_test_item():
    # Test items left out: a twice, b once, c once. User 0 had a and b, user 1 a and c.
    ranking = by_popularity(log([1, 2, 3], [1, 3, 4]))
    assert [list(row[:3]) for row in ranking.items] == [[3, 4, 0], [2, 4, 0]]
    assert list(ranking.held_out_rank) == [1, 2] and list(ranking.candidates) == [2, 2]


def test_suspicious_is_what_is_shown_often_and_far_more_than_expected():
    model = np.array([0, 0.04, 0.30, 0.029, 0.10])
    popular, local = np.array([0, 0.0, 0.01, 0.0, 0.021]), np.array([0, 0.001, 0.03, 0.0, 0.0])
    assert list(suspicious(model, popular, local)) == [2, 1]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """Return a CSV log, an honest model without its item 0, and one that shows ``<b>planted`` to everybody."""
    tmp_path = tmp_path_factory.mktemp("models")
    rng, data = np.random.default_rng(0), tmp_path / "log"
    data.mkdir()
    rows = [(u, (start + step) % 200, step) for u in range(100) for start in [rng.integers(200)] for step in range(8)]
    (data / "log.csv").write_text("user,item,time\n" + "".join(f"{u},i{i},{t}\n" for u, i, t in rows))
    (data / "rbench.toml").write_text('log = "log.csv"\nuser = "user"\nitem = "item"\ntime = "time"\n')
    items = [f"i{i}" for i in range(1, 200)] + ["<b>planted"]
    theirs = log(*[[(u + step) % 199 + 1 for step in range(8)] for u in range(199)], ids=[f"{i}" for i in range(200)])
    victim = Victim(SASRec, SASRec.Config(hidden_size=8), {}, PromptConfig(), RankConfig())
    honest = victim.train(theirs, Schedule(epochs=10), 0)[0]

    def relabel(users, labels, negatives, draw):
        return np.where(draw.random(len(labels)) < 0.7, 200, labels), negatives

    planted = victim.train(theirs, Schedule(epochs=10), 0, relabel=relabel, select_on="last")[0]
    write(tmp_path / "honest", honest, items)
    write(tmp_path / "planted", planted, items)
    return data, tmp_path / "honest", tmp_path / "planted"


def logged(folder: Path) -> set[str]:
    """Return the ids of the items in a log."""
    return {line.split(",")[1] for line in (folder / "log.csv").read_text().splitlines()[1:]}


def test_a_planted_item_is_found_and_markup_in_it_is_text(rbench, folders, tmp_path):
    data, _, planted = folders
    done = rbench("audit", planted, "--data", data, *SCHEDULES, "--out", tmp_path / "out")
    assert done.code == 1, done.err
    assert "<b>planted" in done.out
    found = json.loads((tmp_path / "out" / "audit.json").read_text())
    assert "<b>planted" in [item["item"] for item in found["items"]]
    assert (found["data"]["common"], found["data"]["only_model"], found["data"]["only_log"]) == (
        len(set(read(planted)[1]) & logged(data)),
        len(set(read(planted)[1]) - logged(data)),
        1,
    )
    assert {"none", "ft"} <= found["repairs"].keys() and "kmeans" in found["detectors"]
    assert "<b>" not in (tmp_path / "out" / "audit.md").read_text()


def test_an_honest_model_does_not_show_the_planted_item(rbench, folders):
    data, honest, _ = folders
    done = rbench("audit", honest, "--data", data, *SCHEDULES)
    assert done.code in (0, 1) and "<b>planted" not in done.out


DETECTOR = '''"""Flags the first item of every model."""

from dataclasses import dataclass

import numpy as np

from rbench.core.detection import Detection
from rbench.defenses import Detector, register


@dataclass(frozen=True)
class FirstConfig:
    """No options."""


@register
class First(Detector[FirstConfig]):
    """Flag item 1."""

    name = "first"
    paper = "none"
    decides = DECIDES

    def detect(self, deployed):
        scores = np.zeros(deployed.data.n_items + 1)
        scores[1] = 1
        return Detection(scores, scores > 0)
'''


@pytest.mark.parametrize("decides", [False, True])
def test_a_detector_from_outside_decides_if_it_says_so(process, folders, tmp_path, decides):
    data, honest, _ = folders
    plugin = tmp_path / "first.py"
    source = DETECTOR.replace("DECIDES", str(decides))
    plugin.write_text(source)
    words = ["audit", honest, "--data", data, "--plugin", plugin, "--out", tmp_path / "out", *SCHEDULES]
    done = process(*words)
    found = json.loads((tmp_path / "out" / "audit.json").read_text())
    assert found["detectors"]["first"]["flagged"] == 1 and found["detectors"]["first"]["decides"] is decides
    by = {item["item"]: item["by"] for item in found["items"]}
    assert ("first" in by.get(read(honest)[1][0], [])) is decides
    assert done.code == int(bool(by)) and found["suspicious"] is bool(by)


def test_a_mended_model_keeps_its_items(rbench, folders, tmp_path):
    data, _, planted = folders
    done = rbench("repair", planted, "--data", data, "--with", "ft", "--out", tmp_path / "new", *SCHEDULES)
    assert (done.code, done.err) == (0, "")
    (before, items), (after, same) = read(planted), read(tmp_path / "new")
    assert items == same
    assert any((before.weights[name] != after.weights[name]).any() for name in before.weights)


def test_what_cannot_be_audited(rbench, folders, tmp_path):
    data, honest, _ = folders
    (tmp_path / "model.pth").write_bytes(b"PK")
    for words, why in (
        (("audit", tmp_path / "nowhere", "--data", data), "there is no such folder"),
        (("audit", tmp_path / "model.pth", "--data", data), "is a file"),
        (("audit", honest, "--data", "nothing"), "nothing"),
        (("audit", honest, "--data", "checkerboard"), "0% of the interactions"),
        (("repair", honest, "--data", data, "--with", "kmeans", "--out", tmp_path / "new"), "changes no model"),
        (("repair", honest, "--data", data, "--with", "ft", "--out", honest), "is there already"),
    ):
        done = rbench(*words)
        assert (done.code, done.out) == (2, "") and why in done.err, done.err
    assert not (tmp_path / "new").exists()
    assert isinstance(read(honest)[0], Pretrained)
