"""Our fused network is RecBole's SASRec, reads nothing ahead, and puts prompts where they belong."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from rbench.models.sasrec import SASRec, SASRecConfig
from rbench.models.sequential.layers.transformer import Transformer
from rbench.models.sequential.recbole.door import restore_numpy_names

N_ITEMS, LENGTH = 23, 9
Make = Callable[..., Transformer]


@pytest.fixture
def recbole(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Make RecBole's own SASRec; of a data set it wants no more than the number of items."""
    monkeypatch.setattr(sys, "argv", ["test"])  # which RecBole's Config reads
    restore_numpy_names()
    from recbole.config import Config
    from recbole.model.sequential_recommender.sasrec import SASRec as RecBoles

    class Stub:
        def num(self, field: str) -> int:
            return N_ITEMS + 1

    def make(**sizes: object) -> Any:
        usual = {"n_layers": 1, "n_heads": 1, "hidden_size": 8, "inner_size": 12, "hidden_act": "relu"}
        fixed = {"MAX_ITEM_LIST_LENGTH": LENGTH, "loss_type": "CE", "train_neg_sample_args": None, "use_gpu": False}
        with torch.random.fork_rng():
            config = Config(model=RecBoles, dataset="stub", config_dict={**usual, **sizes, **fixed})
            return RecBoles(config, Stub()).eval()

    return make


def padded(sequences: list[list[int]]) -> torch.Tensor:
    return torch.tensor([s + [0] * (LENGTH - len(s)) for s in sequences])


def random_sequences() -> list[list[int]]:
    rng = np.random.default_rng(5)
    return [rng.integers(1, N_ITEMS + 1, n).tolist() for n in (1, 2, 3, 5, 8, 9, 9)]


def scores_of(network: Transformer, sequences: list[list[int]]) -> torch.Tensor:
    with torch.no_grad():
        hidden = network.encode(padded(sequences))
        last = hidden[torch.arange(len(sequences)), torch.tensor([len(s) - 1 for s in sequences])]
        return last @ network.item_embedding.weight.T


def recboles_scores_of(network: Any, sequences: list[list[int]]) -> torch.Tensor:
    lengths = torch.tensor([len(s) for s in sequences])
    with torch.no_grad():
        return network.full_sort_predict({"item_id_list": padded(sequences), "item_length": lengths})


@pytest.mark.parametrize(("n_layers", "n_heads", "hidden_act"), [*itertools.product([1, 2], [1, 2], ["relu", "gelu"])])
@pytest.mark.parametrize("way", ["ours into RecBole's", "RecBole's into ours"])
def test_scores_are_recboles(
    transformer: Make, recbole: Callable[..., Any], n_layers: int, n_heads: int, hidden_act: str, way: str
) -> None:
    sizes = {"n_layers": n_layers, "n_heads": n_heads, "hidden_act": hidden_act}
    ours, theirs = transformer(N_ITEMS, **sizes), recbole(**sizes)
    if way == "ours into RecBole's":
        theirs.load_state_dict(ours.state_dict())
    else:
        for parameter in theirs.parameters():
            torch.nn.init.normal_(parameter, std=0.4)
        ours.load_state_dict(theirs.state_dict())
    sequences = random_sequences()
    expected = recboles_scores_of(theirs, sequences)
    assert expected.std() > 0.1
    torch.testing.assert_close(scores_of(ours, sequences)[:, 1:], expected[:, 1:], atol=1e-5, rtol=1e-5)


def test_initial_weights_are_distributed_as_recboles(recbole: Callable[..., Any]) -> None:
    ours = SASRec.build(SASRecConfig(hidden_size=32, inner_size=64, max_length=LENGTH), N_ITEMS).state_dict()
    theirs = recbole(hidden_size=32, inner_size=64).state_dict()
    assert {name: value.shape for name, value in ours.items()} == {name: v.shape for name, v in theirs.items()}
    for name, value in theirs.items():
        if value.std() == 0:
            assert torch.equal(ours[name], value), name
        else:
            assert abs(value.mean()) < 0.006 and 0.015 < value.std() < 0.025, name
            assert abs(ours[name].mean()) < 0.006 and 0.015 < ours[name].std() < 0.025, name


@pytest.mark.parametrize("tokens", [0, 2])
@pytest.mark.parametrize("n_layers", [1, 2])
def test_no_position_sees_what_comes_later(transformer: Make, n_layers: int, tokens: int) -> None:
    network = transformer(N_ITEMS, n_layers=n_layers, n_heads=2)
    prompt = torch.randn(1, 1, tokens, 8, generator=torch.Generator().manual_seed(1)) if tokens else None
    items = torch.tensor([[3, 7, 1, 9, 4, 2]])
    with torch.no_grad():
        before = network.encode(items, prompt)[0]
        for t in range(1, 6):
            changed = items.clone()
            changed[0, t] = 20
            after = network.encode(changed, prompt)[0]
            assert torch.equal(after[:t], before[:t])
            assert (abs(after[t:] - before[t:]).amax(1) > 1e-3).all()  # the change reaches it and all that follow


def test_padding_has_no_influence(transformer: Make) -> None:
    network = transformer(N_ITEMS, n_layers=2)
    items = torch.tensor([[3, 7, 1]])
    with torch.no_grad():
        alone = network.encode(items)
        beside = network.encode(torch.tensor([[3, 7, 1, 0, 0, 0], [1, 2, 3, 4, 5, 6]]))[:1, :3]
        network.item_embedding.weight[0] += 5
        moved = network.encode(torch.tensor([[3, 7, 1, 0, 0, 0]]))[:, :3]
    torch.testing.assert_close(beside, alone, atol=1e-6, rtol=1e-6)
    torch.testing.assert_close(moved, alone, atol=1e-6, rtol=1e-6)


def reference(network: Transformer, items: torch.Tensor, prompt: torch.Tensor) -> torch.Tensor:
    """Encode by RecBole's own layers: prompts first, without positions; deep ones anew before every layer."""
    positions = network.position_embedding(torch.arange(items.shape[1]))
    hidden = network.LayerNorm(torch.cat([prompt[:, 0], network.item_embedding(items) + positions], 1))
    n = hidden.shape[1]
    mask = torch.full((n, n), -1e9).triu(1)[None, None]
    layers: Any = network.trm_encoder.layer
    for i, layer in enumerate(layers):
        if i and prompt.shape[1] > 1:
            hidden = torch.cat([prompt[:, i], hidden[:, prompt.shape[2] :]], 1)
        hidden = layer(hidden, mask)
    return hidden[:, prompt.shape[2] :]


@pytest.mark.parametrize("deep", [False, True])
@pytest.mark.parametrize("tokens", [1, 3])
def test_prompts_stand_before_the_sequence_without_position(transformer: Make, tokens: int, deep: bool) -> None:
    network = transformer(N_ITEMS, n_layers=2, n_heads=2)
    generator = torch.Generator().manual_seed(2)
    prompt = torch.randn(3, 2 if deep else 1, tokens, 8, generator=generator)
    items = torch.randint(1, N_ITEMS + 1, (3, LENGTH), generator=generator)  # as long as there are positions
    with torch.no_grad():
        found, expected = network.encode(items, prompt), reference(network, items, prompt)
    assert found.shape == (3, LENGTH, 8)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("depth", [0, 1])
@pytest.mark.parametrize("token", [0, 1])
def test_every_position_attends_to_every_token_of_every_layer(transformer: Make, token: int, depth: int) -> None:
    network = transformer(N_ITEMS, n_layers=2)
    prompt = torch.randn(1, 2, 2, 8, generator=torch.Generator().manual_seed(3))
    items = torch.tensor([[3, 7, 1, 9, 4]])
    with torch.no_grad():
        before = network.encode(items, prompt)
        prompt[0, depth, token] = prompt[0, depth, token].flip(0)
        after = network.encode(items, prompt)
    assert (abs(after - before).amax(2) > 1e-4).all()


def test_users_do_not_see_each_others_prompts(transformer: Make) -> None:
    network = transformer(N_ITEMS, n_layers=2)
    prompt = torch.randn(2, 1, 1, 8, generator=torch.Generator().manual_seed(4))
    items = torch.tensor([[3, 7, 1], [3, 7, 1]])
    with torch.no_grad():
        both = network.encode(items, prompt)
        alone = network.encode(items[1:], prompt[1:])
    torch.testing.assert_close(both[1:], alone, atol=1e-6, rtol=1e-6)
    assert not torch.allclose(both[0], both[1], atol=1e-3)


@pytest.mark.parametrize("where", ["dropout", "attention_dropout"])
def test_dropout_is_for_training_only(transformer: Make, where: str) -> None:
    network, without = transformer(N_ITEMS, **{where: 0.5}), transformer(N_ITEMS)
    items = torch.tensor([[3, 7, 1]])
    with torch.no_grad(), torch.random.fork_rng():
        torch.manual_seed(0)
        assert torch.equal(network.encode(items), without.encode(items))
        network.train()
        assert not torch.equal(network.encode(items), network.encode(items))


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"n_layers": 0}, "n_layers=0 must be at least 1"),
        ({"hidden_size": 10, "n_heads": 3}, "hidden_size=10 is not a multiple of n_heads=3"),
        ({"dropout": 1.0}, "dropout=1.0 must be at least 0 and below 1"),
        ({"attention_dropout": -0.1}, "attention_dropout=-0.1 must be at least 0 and below 1"),
    ],
)
def test_sizes_that_cannot_be_built_are_refused(sizes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SASRecConfig(**sizes)
