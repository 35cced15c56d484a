"""The small transformer computes what a plain program does, and titles cannot be mistaken for markers."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer
from tokenizers.decoders import ByteLevel

from rbench.core.text.lists import UNLABELLED, Lists
from rbench.models.text import TextWeights
from rbench.models.text.common.tiny.prompts import batch_of
from rbench.models.text.common.tiny.tokenizer import (
    ANSWER,
    BEGIN,
    CANDIDATE,
    DISLIKED,
    LIKED,
    LONGEST,
    MARKS,
    SEEN,
    TitleTokenizer,
)
from rbench.models.text.common.tiny.victim import TinyVictim
from rbench.models.text.llara import LlaraConfig
from rbench.models.text.tallrec import TallrecConfig
from rbench.models.text.tallrec_yesno import TallrecYesnoConfig

TITLES = ("", "Toy Story", "GoldenEye", "Four Rooms", "Get Shorty", "Copycat", "Babe", "Dead Man Walking", "Se7en")
SIZES = {"width": 8, "heads": 2, "vocabulary": 300}


def lists(n: int = 3, h: int = 4, c: int = 5) -> Lists:
    rng = np.random.default_rng(0)
    history = rng.integers(1, len(TITLES), (n, h)).astype(np.int32)
    history[1, 2:] = 0
    candidates = np.stack([rng.permutation(len(TITLES) - 1)[:c] + 1 for _ in range(n)]).astype(np.int32)
    labels = np.zeros((n, c), np.int8)
    labels[:, 2] = 1
    items = np.arange(len(TITLES), dtype=np.int32)
    return Lists(TITLES, items, history, rng.integers(2, size=(n, h)) == 1, candidates, labels)


def trained(victim: TinyVictim) -> TextWeights:
    return victim.train(lists(), 0)[0]


def test_prompts_by_hand() -> None:
    one = Lists(
        ("", "a", "b", "c"),
        np.arange(4, dtype=np.int32),
        np.array([[1, 2, 0]], np.int32),
        np.array([[False, True, False]]),
        np.array([[3, 1, 0]], np.int32),
        np.array([[1, 0, UNLABELLED]], np.int8),
    )
    spelt = [np.array(tokens, np.int64) for tokens in ([], [11], [21, 22], [31])]
    choose = batch_of(one, spelt, yes_or_no=False)
    assert choose.tokens[0].tolist() == [
        *(BEGIN, 11, SEEN, 21, 22, SEEN),
        *(ANSWER, 31, CANDIDATE, 11, CANDIDATE, ANSWER),
    ]
    assert choose.titles[0].tolist() == [0, 0, 1, 0, 0, 2, 0, 0, 3, 0, 1, 0]
    assert choose.markers[0].tolist() == [8, 10, 0] and choose.last.tolist() == [11]
    yesno = batch_of(one, spelt, yes_or_no=True)
    assert yesno.tokens[0].tolist() == [
        *(BEGIN, LIKED, 21, 22, SEEN, DISLIKED, 11, SEEN),
        *(ANSWER, 31, CANDIDATE, 11, CANDIDATE),
    ]
    assert yesno.segments[0].tolist() == [0] * 9 + [1, 1, 2, 2]


def test_one_list_scored_by_a_plain_program() -> None:
    victim = TinyVictim(TallrecConfig(**SIZES, layers=2), False)
    found = trained(victim)
    one = lists().take(np.array([1]))
    w = {name: value.astype(np.float64) for name, value in found.weights.items()}
    spell = TitleTokenizer(found.tokenizer).spell
    hidden: list[np.ndarray] = []
    markers = []

    def say(token: int, extra: np.ndarray | float = 0.0) -> None:
        hidden.append(w["embedding.weight"][token] + extra + w["position.weight"][len(hidden)])

    def name(row: int, marker: int) -> None:
        (tokens,) = spell([TITLES[row]])
        for token in tokens:
            say(token)
        say(marker, np.mean([w["embedding.weight"][token] for token in tokens], axis=0))

    say(BEGIN)
    for row in one.history[0]:
        if row:
            name(row, SEEN)
    say(ANSWER)
    for row in one.candidates[0]:
        name(row, CANDIDATE)
        markers.append(len(hidden) - 1)
    say(ANSWER)

    def linear(x: np.ndarray, layer: str) -> np.ndarray:
        return w[f"{layer}.weight"] @ x + w[f"{layer}.bias"]

    def norm(x: np.ndarray, layer: str) -> np.ndarray:
        return (x - x.mean()) / math.sqrt(x.var() + 1e-5) * w[f"{layer}.weight"] + w[f"{layer}.bias"]

    def gelu(x: np.ndarray) -> np.ndarray:
        return np.array([v * (1 + math.erf(v / math.sqrt(2))) / 2 for v in x])

    for layer in range(2):
        block, size = f"blocks.{layer}", 8 // 2
        qkv = [linear(norm(x, f"{block}.norm_attention"), f"{block}.qkv") for x in hidden]
        after = []
        for t, x in enumerate(hidden):
            heads = []
            for head in range(2):
                part = slice(head * size, (head + 1) * size)
                query = qkv[t][:8][part]
                weights = np.exp([query @ qkv[s][8:16][part] / math.sqrt(size) for s in range(t + 1)])
                heads.append(sum(a * qkv[s][16:][part] for s, a in enumerate(weights / weights.sum())))
            x = x + linear(np.concatenate(heads), f"{block}.out")
            after.append(x + linear(gelu(linear(norm(x, f"{block}.norm_feed"), f"{block}.up")), f"{block}.down"))
        hidden = after
    hidden = [norm(x, "norm") for x in hidden]
    asked = linear(hidden[-1], "query")
    plain = [linear(hidden[m], "own")[0] + asked @ linear(hidden[m], "key") / math.sqrt(8) for m in markers]
    assert np.allclose(victim.open(found).scores(one)[0], plain, atol=1e-4)


def test_a_packed_pass_equals_a_prompt_for_each_candidate() -> None:
    victim = TinyVictim(TallrecYesnoConfig(**SIZES, layers=2), True)
    scorer, asked = victim.open(trained(victim)), lists(n=4, c=8)
    packed = scorer.scores(asked)
    for place in range(8):
        column = slice(place, place + 1)
        alone = replace(asked, candidates=asked.candidates[:, column], labels=asked.labels[:, column])
        assert np.allclose(scorer.scores(alone)[:, 0], packed[:, place], atol=1e-5)


def test_choosing_reads_what_stands_before() -> None:
    victim = TinyVictim(TallrecConfig(**SIZES), False)
    scorer, asked = victim.open(trained(victim)), lists()
    other = replace(asked, history=np.roll(asked.history, 1, axis=1))
    assert not np.allclose(scorer.scores(asked), scorer.scores(other), atol=1e-5)


def test_item_embeddings_stand_at_markers_unless_left_out() -> None:
    rng = np.random.default_rng(1)
    table = rng.normal(size=(len(TITLES), 6)).astype(np.float32)
    victim = TinyVictim(LlaraConfig(**SIZES, epochs=4), False, table)
    found = trained(victim)
    assert "items" not in found.weights  # the embeddings belong to the stage that trained them
    network = victim._network(TitleTokenizer(found.tokenizer), found)
    spelt = TitleTokenizer(found.tokenizer).spell(TITLES)
    batch = batch_of(lists(), spelt, False)
    with torch.no_grad():
        whole, text = network(batch, spelt, lists().items), network(batch, spelt, lists().items, text_only=True)
        for layer in (network.project[0], network.project[2]):
            layer.weight.zero_(), layer.bias.zero_()
        nothing = network(batch, spelt, lists().items)
    assert not torch.allclose(whole, text, atol=1e-4)
    assert torch.allclose(nothing, text, atol=1e-6)


def test_a_learning_rate_and_epochs_of_ones_own() -> None:
    victim = TinyVictim(TallrecConfig(**SIZES, epochs=5), False)
    start = trained(victim)
    still = victim.train(lists(), 0, start=start, epochs=1, lr=1e-12)[0]
    assert all(np.allclose(still.weights[name], value, atol=1e-6) for name, value in start.weights.items())
    assert len(victim.train(lists(), 0, start=start, epochs=2)[1]["loss"]) == 2


@settings(deadline=None, max_examples=60)
@given(st.text(min_size=1, max_size=40))
def test_any_text_is_spelt_without_markers(text: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    tokens = TOKENIZER.spell([text])[0]
    assert ((tokens >= MARKS) & (tokens < TOKENIZER.size)).all()
    if len(tokens) < LONGEST:
        plain = Tokenizer.from_str(TOKENIZER.to_json())
        plain.decoder = ByteLevel()
        assert plain.decode((tokens - MARKS).tolist()).removeprefix(" ") == text.removeprefix(" ")


@pytest.mark.parametrize("title", ["<c>", "<pad>", "[HistoryEmb]", "<a href='x'>y</a>", "x" * 10_000])
def test_markup_and_long_titles_are_only_text(title: str) -> None:
    (tokens,) = TOKENIZER.spell([title])
    assert 1 < len(tokens) <= LONGEST and tokens.min() >= MARKS


def test_a_trigger_has_no_token_of_its_own() -> None:
    with_trigger, plain = TOKENIZER.spell(["Babe_5v", "Babe"])
    assert len(with_trigger) >= len(plain) + 3 and with_trigger[: len(plain)].tolist() == plain.tolist()


TOKENIZER = TitleTokenizer.made_for(TITLES[1:], 300)
