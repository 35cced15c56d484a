"""A language model goes the whole way: trained adapters, safetensors, answers, and what cannot be had is told."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from rbench.benchmark.scenarios.language.artifacts import ARTIFACTS
from rbench.core.errors import UserError
from rbench.core.system.unfinished import Unfinished
from rbench.core.text.lists import UNLABELLED
from rbench.models.text import TextWeights
from rbench.models.text.common.causal.folder import check_installed, fingerprint, folder_of
from rbench.models.text.common.causal.wording import named, samples_of, tokens_of
from rbench.models.text.llara import Llara, LlaraConfig
from rbench.models.text.tallrec import Tallrec, TallrecConfig
from rbench.models.text.tallrec_yesno import TallrecYesno, TallrecYesnoConfig

from .questions import lists

INSTALLED = all(importlib.util.find_spec(name) for name in ("transformers", "peft"))
needs_libraries = pytest.mark.skipif(not INSTALLED, reason="needs rbench[llm]: transformers and peft")


def stored(weights: TextWeights) -> TextWeights:
    kind = next(artifact for artifact in ARTIFACTS if artifact.type is TextWeights)
    files = kind.encode(weights)
    assert set(files) == {"weights.safetensors", "tokenizer.json"}
    return kind.decode(files)  # type: ignore[no-any-return]


def test_prompts_by_hand() -> None:
    one = replace(lists().take(np.array([0])), history=np.array([[1, 2]], np.int32), liked=np.array([[True, False]]))
    one = replace(one, candidates=np.array([[3, 4, 0]], np.int32), labels=np.array([[0, 1, UNLABELLED]], np.int8))
    [choose] = samples_of(one, yes_or_no=False, with_items=False, labelled=True)
    assert choose.prompt == (
        (
            'Someone has taken these titles, the oldest first: "Toy Story", "GoldenEye"\n'
            'One of these candidates comes next: "Four Rooms", "Get Shorty"\n'
            "Write the title of that candidate, and nothing else.\nAnswer: ",
            0,
        ),
    )
    assert choose.answer == "Get Shorty\n"
    first, second = samples_of(one, yes_or_no=True, with_items=False, labelled=True)
    assert 'Likes: "Toy Story"\nDislikes: "GoldenEye"\nTarget: "Four Rooms"' in first.prompt[0][0]
    assert (first.answer, second.answer, second.place) == ("No.", "Yes.", 1)
    [hybrid] = samples_of(one, yes_or_no=False, with_items=True, labelled=True)
    assert [item for _, item in hybrid.prompt] == [1, 2, 3, 4, 0]
    assert "".join(text for text, _ in hybrid.prompt) == choose.prompt[0][0]


def test_an_answer_must_name_one_candidate() -> None:
    titles = ["Heat", "Babe", "Heat Wave"]
    assert named(" babe\nHeat", titles) == 1 and named("I say Heat.", titles) == 0
    assert named("Heat Wave", titles) == -1 and named("", titles) == -1 and named("Alien", titles) == -1


@needs_libraries
def test_yes_or_no_goes_the_whole_way(folder: Path) -> None:
    config = TallrecYesnoConfig(model=str(folder), epochs=12, batch_size=1, lr=2e-2)
    victim = TallrecYesno.victim(config, None, "cpu")
    trained, log = victim.train(lists(), 0)
    assert log["loss"][-1] < log["loss"][0] and 0 < log["parameters"] < log["of"]
    assert all("lora" in name for name in trained.weights)
    again, _ = victim.train(lists(), 0)
    assert all(np.array_equal(again.weights[name], value) for name, value in trained.weights.items())
    one, two = victim.open(stored(trained)).scores(lists()), victim.open(trained).scores(lists())
    assert np.array_equal(one, two) and np.isfinite(one).all()
    labels = lists().labels == 1
    assert one[labels].mean() > one[~labels].mean()


@needs_libraries
def test_adapters_that_were_not_trained_change_nothing(folder: Path) -> None:
    from transformers import AutoModelForCausalLM

    victim = TallrecYesno.victim(TallrecYesnoConfig(model=str(folder)), None, "cpu")
    fresh = victim.network(None).eval()  # type: ignore[attr-defined]
    base = AutoModelForCausalLM.from_pretrained(folder).eval()
    tokens = torch.tensor([[5, 6, 7, 8]])
    with torch.no_grad():
        assert torch.allclose(fresh.model(tokens).logits, base(tokens).logits, atol=1e-6)


@needs_libraries
def test_prompts_of_unequal_length_do_not_disturb_each_other(folder: Path) -> None:
    victim = TallrecYesno.victim(TallrecYesnoConfig(model=str(folder), epochs=1, lr=1e-2), None, "cpu")
    scorer = victim.open(victim.train(lists(), 0)[0])
    asked = lists()
    asked.history[0, 1] = 0
    together = scorer.scores(asked)
    alone = np.concatenate([scorer.scores(asked.take(np.array([row]))) for row in range(4)])
    assert np.allclose(together, alone, atol=1e-4)


@needs_libraries
def test_choosing_learns_to_write_a_title(folder: Path) -> None:
    few = lists(1)
    config = TallrecConfig(model=str(folder), epochs=60, batch_size=1, lr=3e-2)
    victim = Tallrec.victim(config, None, "cpu")
    scorer = victim.open(victim.train(few, 0)[0])
    assert scorer.scores(few).tolist() == [[0, 1, 0]]  # it wrote the right title, and no other
    untrained = victim.open(victim.train(few, 0, epochs=1, lr=1e-9)[0])
    assert np.isneginf(untrained.scores(few)).all()  # random weights write nothing that names a candidate


@needs_libraries
def test_item_embeddings_are_projected_into_the_prompt(folder: Path) -> None:
    table = np.random.default_rng(0).normal(size=(8, 6)).astype(np.float32)
    config = LlaraConfig(model=str(folder), epochs=2, batch_size=2)
    victim = Llara.victim(config, table, "cpu")
    trained, _ = victim.train(lists(), 0)
    assert {"project.0.weight", "project.2.bias"} <= set(trained.weights)
    network = victim.network(trained)  # type: ignore[attr-defined]
    with torch.no_grad():
        hidden = network.embedded(torch.tensor([[9, network.marker]]), torch.tensor([[0, 3]]))
        assert torch.allclose(hidden[0, 1], network.project(torch.from_numpy(table[3])), atol=1e-6)
        assert torch.equal(hidden[0, 0], network.model.get_input_embeddings()(torch.tensor([9]))[0])
    assert victim.open(trained).scores(lists()).shape == (4, 3)


@needs_libraries
def test_a_title_cannot_hold_a_special_token(folder: Path) -> None:
    victim = Tallrec.victim(TallrecConfig(model=str(folder)), None, "cpu")
    network = victim.network(None)  # type: ignore[attr-defined]
    tokens, _ = tokens_of((("<s> Heat </s>", 0),), network.tokenizer, network.marker)
    assert not {network.tokenizer.bos_token_id, network.tokenizer.eos_token_id} & set(tokens)
    assert network.tokenizer.decode(tokens) == "<s> Heat </s>"


@needs_libraries
def test_adapters_of_another_model_are_refused(folder: Path) -> None:
    victim = Tallrec.victim(TallrecConfig(model=str(folder)), None, "cpu")
    with pytest.raises(UserError, match="do not fit the language model"):
        victim.open(TextWeights({"x": np.zeros(2, np.float32)}, ""))


def test_pickled_weights_are_refused(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(UserError, match="holds no weights"):
        folder_of(str(tmp_path))
    (tmp_path / "pytorch_model.bin").write_bytes(b"\x80\x02")
    with pytest.raises(UserError, match=r"pytorch_model\.bin, which may hold code and is not read"):
        folder_of(str(tmp_path))


def test_a_folder_without_a_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"no config\.json"):
        folder_of(str(tmp_path))
    with pytest.raises(UserError, match="there is no folder not-there"):
        folder_of("./not-there")


@needs_libraries
def test_an_id_that_cannot_be_reached_says_how_to_give_a_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(UserError, match="give the path of a folder") as error:
        folder_of("nobody/nothing")
    assert "\n" not in str(error.value)
    with pytest.raises(UserError, match="nor an id on the hub"):
        folder_of("not an id")


def test_missing_libraries_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UserError, match=r"need transformers and peft: pip install 'rbench\[llm\]'"):
        check_installed()


def test_a_fingerprint_is_of_the_content(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").write_text(json.dumps({"a": 1}))
        (tmp_path / name / "model.safetensors").write_bytes(b"weights")
    assert fingerprint(str(tmp_path / "one")) == fingerprint(str(tmp_path / "two"))
    (tmp_path / "two" / "model.safetensors").write_bytes(b"others")
    assert fingerprint(str(tmp_path / "one")) != fingerprint(str(tmp_path / "two"))


class Stopped(Exception):
    """As if the power failed."""


@needs_libraries
@pytest.mark.parametrize("with_items", [False, True])
def test_a_training_that_is_stopped_anywhere_comes_to_the_same_weights(
    folder: Path, with_items: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Twelve steps, of which each is stopped once: before it is kept, and after."""
    from rbench.models.text.common.causal import victim as causal

    table = np.random.default_rng(0).normal(size=(8, 5)).astype(np.float32) if with_items else None
    config = TallrecYesnoConfig(model=str(folder), epochs=3, batch_size=1, lr=2e-2)
    kind, options = (Llara, LlaraConfig(model=str(folder), epochs=3, batch_size=1, lr=2e-2))
    victim = kind.victim(options, table, "cpu") if with_items else TallrecYesno.victim(config, None, "cpu")
    whole, log = victim.train(lists(), 0)
    monkeypatch.setattr(causal, "BETWEEN", -1.0)
    content, taken = [b""], []

    def keep(new: bytes) -> None:
        content[0] = new
        raise Stopped

    def stopping(fraction: float) -> None:
        taken.append(fraction)
        if len(taken) % 3 == 0:
            raise Stopped

    resumed = victim.resuming(Unfinished(lambda: content[0], keep))  # type: ignore[attr-defined]
    while True:
        try:
            again, told = resumed.train(lists(), 0, report=stopping)
            break
        except Stopped:
            continue
    assert len(taken) > len({*taken}) == 12  # some steps were taken again, and none was left out
    assert told == log
    assert all(np.array_equal(again.weights[name], value) for name, value in whole.weights.items())
