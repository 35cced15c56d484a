"""A model from somebody else is looked at and mended with a log whose items are not all its own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import rbench as package
from rbench.core.handover.folder import read, write
from rbench.core.interactions import Interactions
from rbench.core.pretrained import Pretrained
from rbench.models.sasrec import SASRec
from rbench.models.sequential.settings import PromptConfig, RankConfig, Schedule
from rbench.models.sequential.victim import Victim

SCHEDULES = [
    "--set=train.epochs=8",
    "--set=finetune.epochs=1",
    "--set=train.loss=bpr",
    "--executor=serial",
    "--display=none",
]


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
    seen = np.array([(u + step) % 199 + 1 for u in range(199) for step in range(8)], np.int32)
    users, ids = (tuple(f"{n}" for n in range(size)) for size in (199, 200))
    ends, kinds = np.arange(0, len(seen) + 1, 8), np.ones(201, np.int32)
    theirs = Interactions("theirs", seen, ends, kinds, ("a",), {}, users, ids)
    victim = Victim(SASRec, SASRec.Config(hidden_size=8), {}, PromptConfig(), RankConfig())
    honest = victim.train(theirs, Schedule(epochs=10), 0)[0]

    def relabel(users, labels, negatives, draw):
        return np.where(draw.random(len(labels)) < 0.7, 200, labels), negatives

    planted = victim.train(theirs, Schedule(epochs=10), 0, relabel=relabel, select_on="last")[0]
    write(tmp_path / "honest", honest, items)
    write(tmp_path / "planted", planted, items)
    return data, tmp_path / "honest", tmp_path / "planted"


@pytest.fixture(autouse=True)
def one_store(folders: tuple[Path, Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Share stages: most tests look at answers only."""
    monkeypatch.setenv("RBENCH_STORE", str(folders[0].parent / "store"))


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


def local_models(store: Path) -> list[str]:
    """Return the local models in a store."""
    return [path.name for path in store.iterdir() if path.name.startswith("local-")]


def test_a_second_audit_and_a_repair_compute_nothing_and_models_of_a_kind_share_the_local_one(
    rbench, folders, tmp_path
):
    data, honest, planted = folders
    words = ["--data", data, "--defenses", "kmeans,fast-ft", *(word for word in SCHEDULES if "display" not in word)]
    words += ["--store", tmp_path / "store"]
    first = rbench("audit", planted, *words)
    assert first.out.count("\n[") > 5 and "repair fast-ft" in first.out
    copy = shutil.copytree(planted, tmp_path / "copy")
    second = rbench("audit", copy, *words)
    assert second.out == first.out[first.out.index("sasrec on log") :]
    repaired = rbench("repair", copy, "--with", "fast-ft", "--out", tmp_path / "new", *words[:2], *words[4:])
    assert repaired.out == f"The model mended by fast-ft is in {tmp_path / 'new'}.\n"
    assert local_models(tmp_path / "store") != []
    rbench("audit", honest, *words)
    assert len(local_models(tmp_path / "store")) == 1


@pytest.mark.parametrize(
    ("name", "head", "separator"),
    [("clicks.csv", "who,what,when", ","), ("clicks.inter", "who:token,what:token,when:float", "\t")],
)
def test_a_log_in_one_file(rbench, folders, tmp_path, name, head, separator):
    data, _, planted = folders
    rows = (data / "log.csv").read_text().splitlines()[1:]
    (tmp_path / name).write_text("\n".join([head, *rows, "0,new,99", ""]).replace(",", separator))
    columns = ["--user", "who", "--item", "what", "--time", "when"]
    words = ["audit", planted, "--data", tmp_path / name, "--defenses", "kmeans", *SCHEDULES]
    assert rbench(*words).code == 2
    done = rbench(*words, *columns, "--out", tmp_path / "out")
    assert done.code == 1, done.err
    found = json.loads((tmp_path / "out" / "audit.json").read_text())
    known, own = set(read(planted)[1]), logged(data) | {"new"}
    assert found["data"]["name"] == "clicks"
    assert [found["data"][n] for n in ("common", "only_model", "only_log")] == [
        len(known & own),
        len(known - own),
        len(own - known),
    ]
    assert found["data"]["only_model"] and found["data"]["only_log"] and found["data"]["dropped"] > 0


def test_screens_fit_80_columns_and_a_clean_one_has_no_items(rbench, folders, tmp_path, monkeypatch):
    data, honest, planted = folders
    monkeypatch.setenv("COLUMNS", "80")
    for model in (honest, planted):
        done = rbench("audit", model, "--data", data, *SCHEDULES)
        assert max(map(len, done.out.splitlines())) <= 80
        assert ("Suspicious items" in done.out) == (done.code == 1) == ("What repairs leave" in done.out)
        assert ("no item is suspicious" in done.out) == (done.code == 0)


def test_from_python(folders, tmp_path):
    data, _, planted = folders
    options = {"train.epochs": 8, "train.loss": "bpr", "finetune.epochs": 1}
    found = package.audit(
        planted, data, defenses=["kmeans", "reestimate"], options=options, executor="serial", display="none"
    )
    assert found.suspicious and repr(found).endswith(("suspicious item", "suspicious items"))
    assert found.items().item.tolist()[0] == "<b>planted" and found.items().slot_share.is_monotonic_decreasing
    assert found.accuracy().model.tolist() == ["model", "local", "popularity"]
    assert found.detectors().set_index("detector").decides.to_dict() == {"kmeans": False}
    assert found.repairs().repair.tolist() == ["none", "ft", "reestimate"]
    assert list(found.groups().columns)[:3] == ["item", "group", "users"]
    assert str(found).startswith("sasrec on log: ")
    found.write(tmp_path / "out")
    assert json.loads((tmp_path / "out" / "audit.json").read_text()) == found.found
    mended = package.repair(
        planted, data, "reestimate", tmp_path / "new", options=options, executor="serial", display="none"
    )
    assert read(tmp_path / "new")[0].card == mended.card


PLUGIN = '''"""A detector that flags the first item of every model, and a repair that forgets it."""

from dataclasses import dataclass, replace

import numpy as np

from rbench.core.detection import Detection
from rbench.defenses import Detector, Repair, register


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
        WORK
        scores = np.zeros(deployed.data.n_items + 1)
        scores[1] = 1
        return Detection(scores, scores > 0)


@register
class Forget(Repair[FirstConfig]):
    """Set the embedding of item 1 to zero."""

    name = "forget"
    paper = "none"

    def repair(self, handed):
        weights = dict(handed.pretrained.weights)
        table = weights["item_embedding.weight"].copy()
        table[1] = 0
        return replace(handed.pretrained, weights=weights | {"item_embedding.weight": table}), {}
'''


@pytest.mark.parametrize("decides", [False, True])
def test_methods_from_outside_appear_by_themselves(process, folders, tmp_path, decides):
    data, honest, _ = folders
    plugin = tmp_path / "first.py"
    plugin.write_text(PLUGIN.replace("DECIDES", str(decides)).replace("WORK", "pass"))
    words = ["audit", honest, "--data", data, "--plugin", plugin, "--out", tmp_path / "out", *SCHEDULES]
    done = process(*words)
    found = json.loads((tmp_path / "out" / "audit.json").read_text())
    by = {item["item"]: item["by"] for item in found["items"]}
    assert done.code == int(bool(by)) and found["suspicious"] is bool(by)
    assert ("forget" in found["repairs"]) is bool(by)
    assert found["detectors"]["first"]["flagged"] == 1 and found["detectors"]["first"]["decides"] is decides
    first = read(honest)[1][0]
    assert ("first" in by.get(first, [])) is decides


def test_a_detector_that_fails_is_named_and_nothing_found_without_it_is_no_answer(process, folders, tmp_path):
    data, honest, planted = folders
    plugin = tmp_path / "first.py"
    plugin.write_text(PLUGIN.replace("DECIDES", "True").replace("WORK", "raise OSError('no luck')"))
    words = ["--data", data, "--plugin", plugin, "--defenses", "first", "--out", tmp_path / "out", *SCHEDULES]
    blind = process("audit", honest, *words)
    assert (blind.code, blind.out) == (2, "")
    assert "nothing was found, but first, whose flags decide, failed" in blind.err and "no luck" in blind.err
    done = process("audit", planted, *words)
    assert done.code == 1 and "first failed: " in " ".join(done.out.split())
    found = json.loads((tmp_path / "out" / "audit.json").read_text())
    assert "no luck" in found["failed"]["first"] and found["detectors"] == {}


def test_a_mended_model_keeps_its_items(rbench, folders, tmp_path):
    data, _, planted = folders
    done = rbench("repair", planted, "--data", data, "--with", "ft", "--out", tmp_path / "new", *SCHEDULES)
    assert (done.code, done.err) == (0, "")
    (before, items), (after, same) = read(planted), read(tmp_path / "new")
    assert items == same
    assert any((before.weights[name] != after.weights[name]).any() for name in before.weights)


def test_a_chain_mends_what_its_detector_flags(rbench, folders, tmp_path):
    """Two repairs one after the other, the first of which is told what a detector sees."""
    data, _, planted = folders
    chain = "alignment+reestimate+fast-ft"
    words = ["--data", data, *SCHEDULES]
    done = rbench("audit", planted, *words, "--defenses", f"alignment,{chain}", "--out", tmp_path / "out")
    assert done.code == 1, done.err
    found = json.loads((tmp_path / "out" / "audit.json").read_text())
    assert found["repairs"].keys() == {"none", "ft", chain} and not found["failed"]
    assert found["detectors"]["alignment"]["flagged"] > 0
    assert found["repairs"][chain]["slot_share"] < found["repairs"]["none"]["slot_share"] / 2
    for name in ("alignment+reestimate", chain):
        done = rbench("repair", planted, *words, "--with", name, "--out", tmp_path / name)
        assert (done.code, done.err) == (0, "")
    (flagged, items), (tuned, _) = read(tmp_path / "alignment+reestimate"), read(tmp_path / chain)
    before, table = read(planted)[0].weights, "item_embedding.weight"
    changed = (flagged.weights[table] != before[table]).any(1).nonzero()[0]
    assert len(changed) == found["detectors"]["alignment"]["flagged"]
    assert "<b>planted" in [items[row - 1] for row in changed]
    assert (tuned.weights[table] != flagged.weights[table]).any()


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
        (("audit", honest, "--data", data, "--defenses", "kmeans,cap"), "--defenses cap: it changes no model"),
        (("audit", honest, "--data", data, "--defenses", "kmeans+filter"), "kmeans+filter: it changes no model"),
        (("audit", honest, "--data", data, "--defenses", "references"), "references: it changes no model"),
        (("audit", honest, "--data", data, "--defenses", "kmeans+fast-ft"), "nothing after kmeans uses what it flags"),
    ):
        done = rbench(*words, "--display", "none")
        assert (done.code, done.out) == (2, "") and why in done.err, done.err
    assert not (tmp_path / "new").exists()
    assert isinstance(read(honest)[0], Pretrained)
