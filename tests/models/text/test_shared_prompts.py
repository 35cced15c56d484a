"""Prompts that begin alike pass a language model as one, where that changes nothing."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch

from rbench.models.text.common.causal.wording import samples_of
from rbench.models.text.tallrec_yesno import TallrecYesno, TallrecYesnoConfig

from .questions import lists

INSTALLED = all(importlib.util.find_spec(name) for name in ("transformers", "peft"))
needs_libraries = pytest.mark.skipif(not INSTALLED, reason="needs rbench[llm]: transformers and peft")


@needs_libraries
def test_prompts_that_share_a_history_pass_as_one_with_the_same_scores_and_gradients(folder: Path) -> None:
    from rbench.models.text.common.causal import sharing
    from rbench.models.text.common.causal.victim import CausalScorer, rows_of

    victim = TallrecYesno.victim(TallrecYesnoConfig(model=str(folder), epochs=12, batch_size=1, lr=2e-2), None, "cpu")
    trained, _ = victim.train(lists(), 0)
    samples = samples_of(lists(1), yes_or_no=True, with_items=False, labelled=True)
    scorer = victim.open(trained)
    assert isinstance(scorer, CausalScorer)
    rows = rows_of(samples, scorer.network)
    assert sharing.shares(scorer.network, rows, "cpu")
    together = scorer._yes(samples, sharing=True)
    assert np.ptp(together) > 1e-3  # targets differ, and so must what is said of them
    assert np.allclose(together, scorer._yes(samples, sharing=False), atol=1e-4)

    found = []
    for one in (True, False):
        network = victim.network(trained).eval()  # type: ignore[attr-defined]
        losses = victim._losses(network, samples, text_only=False, sharing=one)  # type: ignore[attr-defined]
        losses.mean().backward()
        found.append((losses, [value.grad for value in network.parameters() if value.requires_grad]))
    assert torch.allclose(found[0][0], found[1][0], atol=1e-5) and float(found[0][0].detach().std()) > 1e-4
    assert all(torch.allclose(a, b, atol=1e-5) for a, b in zip(found[0][1], found[1][1], strict=True))
    assert max(float(a.abs().max()) for a in found[0][1]) > 1e-3


@needs_libraries
def test_prompts_as_one_by_hand() -> None:
    from rbench.models.text.common.causal.sharing import shared

    one = shared([([5, 6, 7], [0, 3, 0], [8, 9]), ([5, 6, 4, 2], [0, 3, 0, 0], [])], "cpu")
    assert one.tokens.tolist() == [[5, 6, 7, 8, 9, 4, 2]] and one.items.tolist() == [[0, 3, 0, 0, 0, 0, 0]]
    assert one.places.tolist() == [[0, 1, 2, 3, 4, 2, 3]] and one.ends == ([2, 3], [6])
    assert one.sees.int().tolist() == [
        [1, 0, 0, 0, 0, 0, 0],
        [1, 1, 0, 0, 0, 0, 0],
        [1, 1, 1, 0, 0, 0, 0],
        [1, 1, 1, 1, 0, 0, 0],
        [1, 1, 1, 1, 1, 0, 0],
        [1, 1, 0, 0, 0, 1, 0],
        [1, 1, 0, 0, 0, 1, 1],
    ]
    same = shared([([5, 6], [0, 0], [])] * 2, "cpu")  # of equal prompts the last token is each one's own
    assert same.tokens.tolist() == [[5, 6, 6]] and same.ends == ([1], [2])


@needs_libraries
@pytest.mark.parametrize(("window", "passes"), [(4, False), (4096, True)])
def test_a_model_whose_attention_has_a_short_window_is_asked_one_by_one(
    folder: Path, tmp_path: Path, window: int, passes: bool
) -> None:
    from transformers import AutoTokenizer, Gemma2Config, Gemma2ForCausalLM

    from rbench.models.text.common.causal.sharing import shares
    from rbench.models.text.common.causal.victim import rows_of

    tokenizer = AutoTokenizer.from_pretrained(folder)
    sizes = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "head_dim": 8,
    }
    config = Gemma2Config(
        vocab_size=len(tokenizer), **sizes, num_key_value_heads=2, sliding_window=window, query_pre_attn_scalar=8
    )
    model = Gemma2ForCausalLM(config)
    with torch.no_grad():
        for value in model.parameters():
            value.normal_(0, 0.2) if value.dim() > 1 else None
    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    victim = TallrecYesno.victim(TallrecYesnoConfig(model=str(tmp_path)), None, "cpu")
    network = victim.network(None)  # type: ignore[attr-defined]
    rows = rows_of(samples_of(lists(1), True, False, labelled=True), network)
    assert shares(network, rows, "cpu") is passes
    found = victim.open(victim.train(lists(), 0, epochs=1)[0]).scores(lists())
    assert np.isfinite(found).all()


@needs_libraries
def test_a_model_that_refuses_the_mask_is_asked_one_by_one(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rbench.models.text.common.causal import sharing
    from rbench.models.text.common.causal import victim as causal

    victim = TallrecYesno.victim(TallrecYesnoConfig(model=str(folder), epochs=2, lr=2e-2), None, "cpu")
    scorer = victim.open(victim.train(lists(), 0)[0])
    rows = causal.rows_of(samples_of(lists(1), True, False, labelled=True), scorer.network)  # type: ignore[attr-defined]
    expected = scorer.scores(lists())

    def refuses(rows: list[sharing.Row], device: str) -> sharing.Shared:
        raise ValueError("no such mask")

    monkeypatch.setattr(sharing, "shared", refuses)
    assert not sharing.shares(scorer.network, rows, "cpu")  # type: ignore[attr-defined]
    assert np.allclose(scorer.scores(lists()), expected, atol=1e-4)
