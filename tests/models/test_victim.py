"""A victim trains, ranks and hands over weights and a card, and nothing that tells of an attack."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256
from typing import Any

import numpy as np
import pytest
import torch

from rbench.core import artifacts
from rbench.core.artifacts import decode
from rbench.core.errors import UserError
from rbench.core.interactions import Interactions
from rbench.core.pretrained import Pretrained
from rbench.models.sasrec import SASRec, SASRecConfig
from rbench.models.sequential.settings import PromptConfig, RankConfig, Schedule
from rbench.models.sequential.victim import Victim

QUICK = Schedule(loss="softmax", lr=0.01, epochs=2, eval_every=1)


def make_victim(n_layers: int = 1, **prompt: Any) -> Victim:
    config = SASRecConfig(n_layers=n_layers, hidden_size=8, inner_size=8, max_length=16)
    return Victim(SASRec, config, {"train": QUICK}, PromptConfig(**prompt), RankConfig())


@pytest.fixture(scope="module")
def plain(board: Interactions) -> Pretrained:
    return make_victim().train(board, QUICK, 1)[0]


@pytest.fixture(scope="module")
def prompted(board: Interactions, plain: Pretrained) -> Pretrained:
    return make_victim().train(board, QUICK, 1, start=plain, prompt="fresh", learn=("prompt",))[0]


def encode(handed: Pretrained) -> dict[str, str]:
    return {name: sha256(content).hexdigest() for name, content in artifacts.encode(handed).items()}


def same(a: Mapping[str, np.ndarray], b: Mapping[str, np.ndarray]) -> bool:
    return a.keys() == b.keys() and all(np.array_equal(a[name], b[name]) for name in a)


def test_without_prompts_none_is_handed_over(plain: Pretrained) -> None:
    assert plain.prompt is None and plain.card["prompt"] is None


def test_fresh_prompts_before_a_frozen_model(plain: Pretrained, prompted: Pretrained) -> None:
    assert same(plain.weights, prompted.weights)
    assert prompted.prompt is not None and prompted.card["prompt"] == vars(PromptConfig())


def test_given_prompts_go_on_and_fresh_ones_start_afresh(board: Interactions, prompted: Pretrained) -> None:
    still = replace(QUICK, lr=1e-12, weight_decay=0.0)
    kept, _ = make_victim().train(board, still, 1, start=prompted, prompt="given", learn=("model", "prompt"))
    fresh, _ = make_victim().train(board, still, 2, start=prompted, prompt="fresh", learn=("model", "prompt"))
    gone, _ = make_victim().train(board, still, 2, start=prompted, prompt="none")
    assert prompted.prompt is not None and kept.prompt is not None and fresh.prompt is not None
    for name, value in prompted.prompt.items():
        np.testing.assert_allclose(kept.prompt[name], value, atol=1e-9)
    assert not np.allclose(fresh.prompt["embeddings.0.weight"], prompted.prompt["embeddings.0.weight"], atol=0.1)
    assert gone.prompt is None


def test_given_means_none_where_none_was_given(board: Interactions, plain: Pretrained) -> None:
    tuned, _ = make_victim().train(board, QUICK, 1, start=plain, prompt="given", learn=("model", "prompt"))
    assert tuned.prompt is None and not same(tuned.weights, plain.weights)


@pytest.mark.parametrize("shape", [{"tokens": 2}, {"deep": True}, {"attribute_size": 3}], ids=str)
def test_given_prompts_keep_the_shape_that_their_giver_chose(board: Interactions, shape: dict[str, Any]) -> None:
    given, _ = make_victim(2, **shape).train(board, QUICK, 1, prompt="fresh", learn=("model", "prompt"))
    platform = make_victim(2)  # whose own prompts would be of the usual shape
    tuned, _ = platform.train(board, QUICK, 2, start=given, prompt="given", learn=("model", "prompt"))
    assert tuned.card["prompt"] == given.card["prompt"] == vars(PromptConfig(**shape))
    assert platform.rank(tuned, board).items.shape == (board.n_users, 100)


def test_prompts_matter_to_the_ranking(board: Interactions, prompted: Pretrained) -> None:
    assert prompted.prompt is not None
    without = replace(prompted, prompt=None)
    loud = {name: value * 5 for name, value in prompted.prompt.items()}
    ranks = [make_victim().rank(p, board).held_out_rank.tolist() for p in (without, replace(prompted, prompt=loud))]
    assert ranks[0] != ranks[1]


def test_rank_is_of_the_test_item_after_all_before_it(board: Interactions, plain: Pretrained) -> None:
    found = make_victim().rank(plain, board)
    network = SASRec.build(make_victim().config, board.n_items).eval()
    network.load_state_dict({name: torch.from_numpy(value.copy()) for name, value in plain.weights.items()})
    for user in range(0, board.n_users, 20):
        *past, truth = board.of(user).tolist()
        with torch.no_grad():
            hidden = network.encode(torch.tensor([past[-16:]]))[0, -1]
        scores = (hidden @ network.item_embedding.weight.T).tolist()
        left = [i for i in range(1, board.n_items + 1) if i not in past]
        expected = sorted(left, key=lambda i: -scores[i])
        assert found.items[user].tolist() == expected + [0] * (100 - len(expected))
        assert found.held_out_rank[user] == expected.index(truth) + 1


def test_masking_can_be_switched_off(board: Interactions, plain: Pretrained) -> None:
    unmasked = replace(make_victim(), ranking=RankConfig(mask_history=False)).rank(plain, board)
    assert (unmasked.candidates == board.n_items).all()


def test_a_limit_ranks_for_the_same_users_of_every_model(board: Interactions, plain: Pretrained) -> None:
    few = replace(make_victim(), ranking=RankConfig(users=30))
    whole, part = make_victim().rank(plain, board), few.rank(plain, board)
    assert whole.users is None and part.users is not None
    assert len(part.users) == 30 and (np.diff(part.users) > 0).all()
    assert (part.items == whole.items[part.users]).all()
    assert (part.held_out_rank == whole.held_out_rank[part.users]).all()
    assert (part.candidates == whole.candidates[part.users]).all()
    other = few.rank(make_victim().train(board, QUICK, 2)[0], board)
    assert other.users is not None and other.users.tolist() == part.users.tolist()
    assert part.users.tolist() != list(range(30)), "the first users may differ from the others"


@pytest.mark.parametrize("limit", [0, 10_000])
def test_all_users_are_ranked_without_a_limit_or_below_it(board: Interactions, plain: Pretrained, limit: int) -> None:
    assert replace(make_victim(), ranking=RankConfig(users=limit)).rank(plain, board).users is None
    exactly = replace(make_victim(), ranking=RankConfig(users=board.n_users))
    assert exactly.rank(plain, board).users is None


def test_the_accuracy_in_the_log_is_of_the_users_that_training_looked_at(board: Interactions) -> None:
    schedule = replace(QUICK, epochs=3, metric="HR@10", eval_users=17)
    handed, log = make_victim().train(board, schedule, 1)
    kept = dict(log["validation"])[log["kept_epoch"]]
    assert log["accuracy"]["HR@10"] == kept != make_victim().accuracy(handed, board)["HR@10"]


def test_the_cards_accuracy_is_that_of_what_is_handed_over(board: Interactions, plain: Pretrained) -> None:
    held = replace(board.drop_last(1), user_ids=board.user_ids)
    ranks = make_victim().rank(plain, held).held_out_rank.tolist()
    hits = [r <= 10 for r in ranks]
    gains = [1 / math.log2(r + 1) if r <= 10 else 0.0 for r in ranks]
    expected = {"HR@10": sum(hits) / len(hits), "NDCG@10": sum(gains) / len(gains)}
    assert plain.card["validation"] == pytest.approx(expected) == make_victim().accuracy(plain, board)


def test_the_log_holds_the_accuracy(board: Interactions) -> None:
    handed, log = make_victim().train(board, QUICK, 1)
    assert log["accuracy"] == handed.card["validation"]
    assert log["epochs"] == 2 and "poison_rate" not in log


def test_the_same_seed_gives_the_same_bytes(board: Interactions) -> None:
    first, again, other = (encode(make_victim().train(board, QUICK, seed, prompt="fresh")[0]) for seed in (1, 1, 2))
    assert first == again and first["model.safetensors"] != other["model.safetensors"]


def test_what_was_stored_can_be_used_like_what_was_made(board: Interactions, prompted: Pretrained) -> None:
    stored = decode(artifacts.encode(prompted))
    a, b = (make_victim().rank(p, board).items for p in (prompted, stored))
    assert np.array_equal(a, b)
    tuned = [make_victim().train(board, QUICK, 3, start=p, prompt="given")[0] for p in (prompted, stored)]
    assert encode(tuned[0]) == encode(tuned[1])


def test_training_leaves_what_it_started_from(board: Interactions, prompted: Pretrained) -> None:
    before = encode(prompted)
    make_victim().train(board, QUICK, 3, start=prompted, prompt="given", learn=("model", "prompt"))
    assert encode(prompted) == before


def misfits(handed: Pretrained) -> dict[str, tuple[Pretrained, str]]:
    weights, prompt = dict(handed.weights), dict(handed.prompt or {})
    name = "item_embedding.weight"
    other = {**handed.card, "prompt": {"tokens": 3}}
    return {
        "too few items": (replace(handed, weights=weights | {name: weights[name][:-1]}), "size mismatch for item_emb"),
        "one is missing": (replace(handed, weights={k: weights[k] for k in weights if k != name}), "Missing key"),
        "one too many": (replace(handed, weights=weights | {"backdoor": weights[name]}), "Unexpected key.*backdoor"),
        "prompt's shape": (replace(handed, prompt=prompt | {"mlp.0.bias": prompt["mlp.0.bias"][:-1]}), "prompt gen"),
        "card's prompt": (replace(handed, card=other), "prompt generator handed over does not fit"),
        "no prompt in card": (replace(handed, card={"model": "sasrec"}), "the card does not say of what shape"),
        "nonsense in card": (replace(handed, card={"prompt": {"tokens": "many"}}), "tokens=many is not a whole number"),
    }


@pytest.mark.parametrize(
    "kind",
    [
        "too few items",
        "one is missing",
        "one too many",
        "prompt's shape",
        "card's prompt",
        "no prompt in card",
        "nonsense in card",
    ],
)
def test_what_does_not_fit_is_the_users_to_know(board: Interactions, prompted: Pretrained, kind: str) -> None:
    handed, message = misfits(prompted)[kind]
    with pytest.raises(UserError, match=message):
        make_victim().rank(handed, board)
    with pytest.raises(UserError, match=message):
        make_victim().train(board, QUICK, 1, start=handed, prompt="given")


def test_users_without_attributes_cannot_be_prompted(board: Interactions) -> None:
    with pytest.raises(UserError, match="users have no attributes, and prompts are made from attributes"):
        make_victim().train(replace(board, attributes={}), QUICK, 1, prompt="fresh")


def shape(value: Any) -> Any:
    return {key: shape(inner) for key, inner in value.items()} if isinstance(value, Mapping) else type(value)


def test_the_card_tells_nothing_of_an_attack(board: Interactions, plain: Pretrained) -> None:
    def relabel(users: Any, labels: Any, negatives: Any, rng: Any) -> Any:
        return labels * 0 + 5, negatives

    attacked, log = make_victim().train(board, QUICK, 1, relabel=relabel, select_on="poisoned")
    assert log["poison_rate"] > 0.9
    assert set(plain.card) == {"model", "config", "n_items", "prompt", "validation"}
    assert shape(attacked.card) == shape(plain.card)
    assert {k: v for k, v in attacked.card.items() if k != "validation"} == {
        k: v for k, v in plain.card.items() if k != "validation"
    }
    assert attacked.weights.keys() == plain.weights.keys()


def test_a_card_is_no_way_to_the_victims_configuration(board: Interactions) -> None:
    victim = make_victim()
    handed, _ = victim.train(board, QUICK, 1, prompt="fresh")
    handed.card["config"]["n_layers"] = 99
    handed.card["prompt"]["tokens"] = 99
    assert victim.config.n_layers == victim.prompt.tokens == 1


def test_progress_reaches_the_victims_listener(board: Interactions) -> None:
    told: list[float] = []
    replace(make_victim(), report=told.append).train(board, QUICK, 1)
    assert told == [0.5, 1.0]


def test_making_a_network_leaves_torchs_random_state(board: Interactions, plain: Pretrained) -> None:
    torch.manual_seed(5)
    before = torch.get_rng_state()
    make_victim().rank(plain, board)
    make_victim().train(board, QUICK, 1, prompt="fresh")
    assert torch.equal(torch.get_rng_state(), before)
