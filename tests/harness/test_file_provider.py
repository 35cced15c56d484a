"""``--attacks file:PATH``: a model from a folder goes through modes, detectors and metrics as an attack's does."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest

from rbench.attacks import Provider
from rbench.attacks.pretrained.file import File, FileConfig
from rbench.core.errors import UserError
from rbench.core.handover.folder import checksum, read, write
from rbench.core.handover.rows import reordered
from rbench.core.pretrained import Pretrained
from rbench.testing import small_data


def record(out, attack, mode, defense="none"):
    found = [json.loads(path.read_text()) for path in sorted((out / "records").glob("*.json"))]
    [one] = [
        r for r in found if (r["cell"]["attack"], r["cell"]["mode"], r["cell"]["defense"]) == (attack, mode, defense)
    ]
    return one


def exported(rbench, finished, attack, folder):
    assert rbench("export", f"pretrain-{attack}", folder, "--store", finished.store).code == 0
    return folder


def ran(rbench, size, out, *words):
    grid = [*size, "--modes", "direct,pt", "--defenses", "kmeans", "--seeds", "1", "--out", out]
    return rbench("run", *grid, "--executor", "serial", "--display", "none", *words)


@pytest.mark.parametrize("attack", ["bra", "pea"])
def test_it_has_the_numbers_of_the_stage_that_it_was_exported_from(rbench, finished, size, tmp_path, attack):
    folder = exported(rbench, finished, attack, tmp_path / "from a [stranger]")
    done = ran(rbench, size, tmp_path / "mine", "--attacks", f"file:{folder}")
    assert done.code == 0, done.err
    for mode in ("direct", "pt"):
        for defense in ("none", "kmeans"):
            ours = record(tmp_path / "mine", "file:from-a-stranger-", mode, defense)
            theirs = record(finished.out, attack, mode, defense)
            assert ours["status"] == "done" and ours["metrics"] == theirs["metrics"]
            assert ours["chance"] == theirs["chance"] and ours["user_tests"] == theirs["user_tests"]
    log = ours["log"]["pretrain"]
    assert log["items"] == {"common": 24, "only_model": 0, "only_data": 0}
    assert log["accuracy"] == pytest.approx(read(folder)[0].card["validation"])


def test_ids_and_records_have_the_contents_and_not_the_place(rbench, finished, size, contents, tmp_path):
    first = exported(rbench, finished, "bra", tmp_path / "first" / "model")
    assert ran(rbench, size, tmp_path / "one", "--attacks", f"file:{first}").computed > 0
    second = tmp_path / "second" / "model"
    shutil.copytree(first, second)
    (second / "README.md").write_text("not looked at")
    done = ran(rbench, size, tmp_path / "two", "--attacks", f"file:folder={second}")
    assert done.computed == 0
    assert contents(tmp_path / "one" / "records") == contents(tmp_path / "two" / "records")
    found = record(tmp_path / "one", "file:model", "direct")
    assert found["attack_info"]["config"] == {"folder": checksum(second)}
    assert "first" not in json.dumps(found)
    other = exported(rbench, finished, "clean", tmp_path / "third" / "model")
    assert ran(rbench, size, tmp_path / "three", "--attacks", f"file:{other}").computed > 0


def test_what_does_not_go_together_is_refused_before_any_work(rbench, finished, size, tmp_path):
    folder = exported(rbench, finished, "bra", tmp_path / "model")
    again = shutil.copytree(folder, tmp_path / "elsewhere" / "model")
    few = [*read(folder)[1]]
    few[: len(few) * 3 // 4] = [f"other-{i}" for i in range(len(few) * 3 // 4)]
    write(tmp_path / "strange", read(folder)[0], few)
    (again / "items.txt").write_text("".join(f"{item}\n" for item in reversed(read(folder)[1])))

    def stages():
        return {path.name for path in finished.store.iterdir()}

    before = stages()

    def refused(*words, size=size):
        done = ran(rbench, size, tmp_path / "mine", *words)
        assert (done.code, done.out, done.err.count("\n")) == (2, "", 1), done.err
        assert {name.partition("-")[0] for name in stages() - before} <= {"dataset", "partition", "targets"}
        assert not (tmp_path / "mine").exists()
        return done.err

    assert "there is no such folder" in refused("--attacks", f"file:{tmp_path / 'nowhere'}")
    assert "file needs a path: write file:PATH" in refused("--attacks", "file")
    assert "would both be called file:model; rename one" in refused("--attacks", f"file:{folder},file:{again}")
    others = [word for word in size if "sasrec" not in word]
    assert "kind, --models sasrec." in refused("--attacks", f"file:{folder}", "--models", "gru4rec", size=others)
    wrong = refused("--attacks", f"file:{folder}", "--set", "sasrec.hidden_size=16", "--set", "sasrec.inner_size=32")
    assert "write --set sasrec.hidden_size=8 --set sasrec.inner_size=" in wrong
    assert "knows the items of" in refused("--attacks", f"file:{tmp_path / 'strange'}")


def test_a_folder_that_changes_after_the_plan_is_refused(rbench, finished, tmp_path):
    folder = exported(rbench, finished, "bra", tmp_path / "model")
    planned = checksum(folder)
    (folder / "items.txt").write_text("".join(f"{item}\n" for item in reversed(read(folder)[1])))
    partition, victim = small_data.partition(), small_data.victim()
    provider = Provider(partition.provider, small_data.targets(), victim, 1, None, str(folder))
    with pytest.raises(UserError, match="has changed since the run was planned"):
        File(FileConfig(planned)).pretrain(provider)


def test_rows_follow_the_items_ids(tmp_path):
    """The same model, its items in another order, one of them unknown to the data: it ranks as before."""
    partition, victim = small_data.partition(), small_data.victim()
    model, items = small_data.pretrained(planted=True), partition.provider.item_ids
    order = np.random.default_rng(0).permutation(len(items))
    table = model.weights["item_embedding.weight"]
    moved = np.concatenate([table[:1], table[1:][order], np.ones_like(table[:1])])
    stranger = Pretrained(
        {**model.weights, "item_embedding.weight": moved}, None, {**model.card, "n_items": len(items) + 1}
    )
    write(tmp_path / "model", stranger, [*(items[i] for i in order), "a new one"])
    path = str(tmp_path / "model")
    provider = Provider(partition.provider, small_data.targets(), victim, 1, None, path)
    found, log = File(FileConfig(checksum(path))).pretrain(provider)
    assert log["items"] == {"common": len(items), "only_model": 1, "only_data": 0}
    for name, array in model.weights.items():
        np.testing.assert_array_equal(found.weights[name], array)
    assert (victim.rank(found, partition.platform).items == victim.rank(model, partition.platform).items).all()


def test_items_that_the_model_lacks_get_the_mean_of_the_common_ones():
    weights = {"items": np.array([[9, 9], [1, 2], [3, 4], [5, 9]], np.float32), "other": np.ones(4, np.float32)}
    model = Pretrained(weights, None, {"model": "m", "n_items": 3})
    found, counts = reordered(model, np.array([0, 3, 0, 1], np.int32), ["items"])
    assert found.weights["items"].tolist() == [[9, 9], [5, 9], [3, 5.5], [1, 2]]
    assert found.weights["other"] is weights["other"] and found.card["n_items"] == 3
    assert counts == {"common": 2, "only_model": 1, "only_data": 1}
    assert weights["items"].tolist() == [[9, 9], [1, 2], [3, 4], [5, 9]]
