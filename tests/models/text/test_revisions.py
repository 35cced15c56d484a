"""Results of a language model belong to its weights: other weights, under the same name, give other stages."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from rbench.benchmark.grid import plan as plans
from rbench.benchmark.grid import resolve
from rbench.benchmark.grid.request import Request
from rbench.benchmark.run.session import Session
from rbench.benchmark.stages.graph import Plan
from rbench.core.errors import UserError
from rbench.core.records.folder import read_all
from rbench.models.text.common.causal.folder import folder_of, pinned

INSTALLED = all(importlib.util.find_spec(name) for name in ("transformers", "peft"))
pytestmark = pytest.mark.skipif(not INSTALLED, reason="needs rbench[llm]: transformers and peft")
ONE, TWO = "1" * 40, "2" * 40
SIZES: dict[str, dict[str, object]] = {
    "checkerboard": {"users": 20},
    "tallrec-yesno": {"samples": 4, "epochs": 1},
    "language": {"questions": 2, "candidates": 3},
}


def planned(model: str) -> Plan:
    asked: dict[str, Any] = {"attacks": ("clean",), "defenses": ("none",), "datasets": ("checkerboard",)}
    models = (f"tallrec-yesno:model={model}",)
    return plans.build(resolve.build(Request(**asked, models=models, seeds=(0,), file=SIZES)))


def training(plan: Plan) -> str:
    [found] = [stage.id for stage in plan.stages.values() if stage.kind == "language/train"]
    return found


def run(plan: Plan, tmp_path: Path) -> Any:
    session = Session(str(tmp_path / "store"), "serial", display="none")
    assert not session.execute(plan, tmp_path / "out").failed
    [record] = read_all(tmp_path / "out" / "records")
    return record


def other(folder: Path, weights: Path) -> None:
    """Write other weights into a folder."""
    from safetensors.torch import load_file, save_file

    tensors = {name: value + 0.01 for name, value in load_file(weights).items()}
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})


@pytest.fixture
def own(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "llama"))


@pytest.fixture
def hub(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return what the hub's client keeps of ``somebody/llama``: two commits; there is no network."""
    from huggingface_hub import constants

    kept = tmp_path / "hub" / "models--somebody--llama"
    for commit in (ONE, TWO):
        shutil.copytree(folder, kept / "snapshots" / commit)
    other(kept / "snapshots" / TWO, folder / "model.safetensors")
    (kept / "refs").mkdir()
    (kept / "refs" / "main").write_text(ONE)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return kept


def test_a_folder_whose_weights_change_is_another_model(own: Path, tmp_path: Path) -> None:
    before = planned(str(own))
    record = run(before, tmp_path)
    assert record.log["train"]["files"] == before.stages[training(before)].params["model"]["files"]
    other(own, own / "model.safetensors")
    after = planned(str(own))
    assert training(before) != training(after)
    again = run(after, tmp_path)
    assert again.log["train"]["files"] != record.log["train"]["files"]
    assert again.log["train"]["loss"] != record.log["train"]["loss"]


def test_weights_that_change_between_plan_and_training_are_not_trained_on(own: Path, tmp_path: Path) -> None:
    plan = planned(str(own))
    other(own, own / "model.safetensors")
    outcome = Session(str(tmp_path / "store"), "serial", display="none").execute(plan, tmp_path / "out")
    assert outcome.failed
    [record] = read_all(tmp_path / "out" / "records")
    assert "its files changed after the run was planned" in json.dumps(record.error)


def test_an_id_stands_for_the_commit_that_was_fetched(hub: Path, tmp_path: Path) -> None:
    assert pinned("somebody/llama") == pinned("somebody/llama@main") == f"somebody/llama@{ONE}"
    assert folder_of(f"somebody/llama@{TWO}").name == TWO
    first = planned("somebody/llama")
    record = run(first, tmp_path)
    assert record.protocol["tallrec-yesno.model"] == f"somebody/llama@{ONE}"
    (hub / "refs" / "main").write_text(TWO)
    assert training(planned("somebody/llama")) == training(planned(f"somebody/llama@{TWO}")) != training(first)
    assert training(planned(f"somebody/llama@{ONE}")) == training(first)
    with pytest.raises(UserError, match="give the path of a folder"):
        pinned("somebody/llama@other")


def broken(folder: Path, how: str) -> None:
    weights, settings = folder / "model.safetensors", folder / "config.json"
    said = json.loads(settings.read_text())
    if how == "cut":
        weights.write_bytes(weights.read_bytes()[:-100])
    elif how == "no tokenizer":
        for file in folder.glob("tokenizer*"):
            file.unlink()
    elif how == "settings":
        settings.write_text("{")
    elif how == "width":
        settings.write_text(json.dumps({**said, "intermediate_size": 16}))
    elif how == "code":
        settings.write_text(json.dumps({"model_type": "own", "auto_map": {"AutoConfig": "x.Config"}}))
    elif how == "another kind":
        settings.write_text(json.dumps({"model_type": "t5"}))
    elif how == "no layers":
        settings.write_text(json.dumps({"model_type": "gpt2", "n_embd": 8, "n_layer": 1, "n_head": 1}))


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("cut", "cannot be read"),
        ("no tokenizer", "cannot be read: .*tokenizer"),
        ("settings", "not a valid JSON file"),
        ("width", r"mlp\.\S+ has the shape .*16.*, and in the weights .*64"),
        ("code", "cannot be read: .*custom code"),
        ("another kind", "cannot be read: Unrecognized configuration class"),
        ("no layers", "adapters are put on q_proj, v_proj, and it has none"),
    ],
)
def test_a_folder_that_is_no_model_is_told_in_a_sentence(own: Path, how: str, told: str) -> None:
    from rbench.models.text.common.causal.content import check_content

    check_content(str(own), True)
    broken(own, how)
    with pytest.raises(UserError, match=told) as error:
        check_content(str(own), True)
    assert "\n" not in str(error.value)


def test_weights_that_are_missing_are_not_drawn_at_random(own: Path) -> None:
    from safetensors.torch import load_file, save_file

    from rbench.models.text.tallrec_yesno import TallrecYesno, TallrecYesnoConfig

    tensors = load_file(own / "model.safetensors")
    name = next(name for name in sorted(tensors) if "q_proj" in name)
    del tensors[name]
    save_file(tensors, own / "model.safetensors", metadata={"format": "pt"})
    victim = TallrecYesno.victim(TallrecYesnoConfig(model=str(own)), None, "cpu")
    with pytest.raises(UserError, match=f"weights lack {name}"):
        victim.network(None)  # type: ignore[attr-defined]
