"""A stage's model leaves the store as a folder, and ranks as before when it comes back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import rbench as package
from rbench.benchmark.stages.store import Store
from rbench.core.artifacts import decode
from rbench.core.handover.folder import read
from rbench.models.sasrec import SASRec
from rbench.models.sequential.settings import PromptConfig, RankConfig
from rbench.models.sequential.victim import Victim

KINDS = ("pretrain-bra", "pretrain-pea", "pretrain-clean", "local", "adapt-pt")


def stage(store: Path, beginning: str) -> str:
    return sorted(path.name for path in store.glob(f"{beginning}-*"))[0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_trained_model_ranks_as_before(rbench, finished, contents, tmp_path, kind):
    store = Store(str(finished.store))
    made = stage(finished.store, kind)
    done = rbench("export", made, tmp_path / "first", "--store", finished.store)
    assert (done.code, done.out) == (0, f"The model of {made} is in {tmp_path / 'first'}.\n")
    there = decode(store.result(made)[1])
    back, items = read(tmp_path / "first")
    partition = decode(store.result(stage(finished.store, "partition"))[1])
    assert items == partition.platform.item_ids
    named = {} if there.prompt is None else {"attributes": [["gender", ["F", "M"]], ["colour", ["black", "white"]]]}
    assert back.card == there.card | ({"numbered": named} if named else {})
    victim = Victim(SASRec, SASRec.Config(**back.card["config"]), {}, PromptConfig(), RankConfig())
    before, after = (victim.rank(model, partition.platform) for model in (there, back))
    assert (before.items == after.items).all() and (before.held_out_rank == after.held_out_rank).all()
    assert package.export(made, tmp_path / "second", store=finished.store) == made
    assert contents(tmp_path / "first") == contents(tmp_path / "second")
    again, same_items = package.handover(tmp_path / "second")
    assert again.card == back.card and same_items == items


def test_both_kinds_of_models_were_exported(finished, rbench, tmp_path):
    for kind, prompts in (("pretrain-bra", False), ("pretrain-pea", True)):
        rbench("export", kind, tmp_path / kind)
        assert (tmp_path / kind / "prompt.safetensors").exists() == prompts


def test_stages_that_cannot_be_exported(rbench, finished, contents, tmp_path):
    def refused(*words: object) -> str:
        before = contents(tmp_path)
        done = rbench("export", *words)
        assert (done.code, done.out, done.err.count("\n")) == (2, "", 1), done.err
        assert contents(tmp_path) == before
        return str(done.err)

    assert "nonsense: no stages in" in refused("nonsense", "new")
    assert "could be pretrain-" in refused("pretrain-", "new")
    assert "STAGE-ID is empty" in refused("", "new")
    assert "'DIR'" in refused("pretrain-bra")
    for kind, made in {"measure": "json", "rank": "topk", "partition": "partition", "dataset": "interactions"}.items():
        assert f"made {made}, which is no model" in refused(stage(finished.store, kind), "new")
    assert "store is there already" in refused("pretrain-bra", finished.store)
    assert "nowhere" in refused("pretrain-bra", "new", "--store", "nowhere")


def test_stages_that_were_altered(rbench, finished, tmp_path):
    def said() -> str:
        done = rbench("export", "pretrain-bra", "new")
        assert done.code == 2 and not Path("new").exists()
        return str(done.err)

    partition = finished.store / stage(finished.store, "partition")
    (partition / "partition.json").write_text("{}")
    assert f"partition.json of {partition.name} is missing or was altered" in said()
    (partition / "stage.json").unlink()
    assert f"stage.json of {partition.name} is missing or was altered" in said()
    made = finished.store / stage(finished.store, "pretrain-bra")
    (made / "model.safetensors").write_bytes(b"")
    assert f"model.safetensors of {made.name} is missing or was altered" in said()
    (made / "stage.json").write_text(json.dumps({}))
    assert f"{made.name}: its stage.json was altered" in said()
