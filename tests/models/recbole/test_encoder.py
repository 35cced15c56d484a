"""RecBole's models by its own class: every position is what ``forward`` gives for that prefix, prompts included."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import numpy as np
import pytest
import torch

from rbench.core.interactions import Interactions
from rbench.models.gru4rec import GRU4Rec, GRU4RecConfig
from rbench.models.sasrec import SASRecConfig
from rbench.models.sequential.layers.transformer import Transformer
from rbench.models.sequential.prompts import PromptGenerator, attribute_sizes
from rbench.models.sequential.recbole import door
from rbench.models.sequential.recbole.dataset import Items
from rbench.models.sequential.recbole.encoder import RecBoleEncoder, recbole_encoder, transformer_options
from rbench.models.sequential.settings import PromptConfig, Schedule
from rbench.models.sequential.training.fit import fit

N_ITEMS, LENGTH, WIDTH = 23, 9, 8
CATEGORIES = np.arange(N_ITEMS + 1) % 4
GRU = GRU4RecConfig(embedding_size=WIDTH, hidden_size=12, n_layers=2, max_length=LENGTH).for_recbole()
TRANSFORMER = transformer_options(**asdict(SASRecConfig(n_layers=2, n_heads=2, hidden_size=WIDTH, max_length=LENGTH)))
MODELS = {"GRU4Rec": GRU, "SASRec": TRANSFORMER, "GRU4RecF": GRU, "SASRecF": TRANSFORMER, "FDSA": TRANSFORMER}


def network(name: str, std: float = 0.4) -> RecBoleEncoder:
    """Return a network whose weights are all random and large enough for every part to matter."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        made = recbole_encoder(name, N_ITEMS, LENGTH, MODELS[name], CATEGORIES)
        for parameter in made.parameters():
            torch.nn.init.normal_(parameter, std=std)
    return made.eval()


def sequences(n: int = 4) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(5).integers(1, N_ITEMS + 1, (n, LENGTH)))


def prompt(tokens: int, n: int = 4) -> torch.Tensor:
    return torch.randn(n, 1, tokens, WIDTH, generator=torch.Generator().manual_seed(tokens))


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("way", ["ours into RecBole's", "RecBole's into ours"])
def test_every_position_scores_as_recbole_scores_its_prefix(name: str, way: str) -> None:
    ours, cls = network(name), door.model_class(name)
    theirs: Any = door.build(cls, door.settings(cls, MODELS[name], LENGTH), Items(N_ITEMS, CATEGORIES)).eval()
    assert type(theirs) is cls
    if way == "ours into RecBole's":
        theirs.load_state_dict(ours.state_dict())
    else:
        for parameter in theirs.parameters():
            torch.nn.init.normal_(parameter, std=0.3)
        ours.load_state_dict(theirs.state_dict())
    items = sequences()
    with torch.no_grad():
        found = ours.encode(items) @ ours.item_embedding.weight.T
        for length in range(1, LENGTH + 1):
            rows = torch.where(torch.arange(LENGTH) < length, items, 0)
            batch = {"item_id_list": rows, "item_length": torch.full((len(items),), length)}
            expected = theirs.full_sort_predict(batch)
            assert expected.std() > 0.01
            torch.testing.assert_close(found[:, length - 1], expected, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("tokens", [0, 1, 3])
@pytest.mark.parametrize("way", ["ours into RecBole's", "RecBole's into ours"])
def test_sasrec_through_the_adapter_is_ours(transformer: Callable[..., Transformer], tokens: int, way: str) -> None:
    ours, theirs = transformer(N_ITEMS, n_layers=2, n_heads=2, inner_size=64), network("SASRec")
    taught, teacher = (theirs, ours) if way == "ours into RecBole's" else (ours, theirs)
    taught.load_state_dict(teacher.state_dict())
    items, soft = sequences(), prompt(tokens) if tokens else None
    with torch.no_grad():
        scores, expected = (n.encode(items, soft) @ n.item_embedding.weight.T for n in (theirs, ours))
    assert expected.std() > 0.1
    torch.testing.assert_close(scores, expected, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("prompted", [False, True])
@pytest.mark.parametrize("loss", ["bpr", "softmax"])
def test_sasrec_learns_through_the_adapter_what_ours_learns(board: Interactions, prompted: bool, loss: Any) -> None:
    """In double precision, where rounding does not grow into differences from step to step."""
    sizes = SASRecConfig(hidden_size=16, inner_size=16, max_length=12)
    theirs = recbole_encoder("SASRec", board.n_items, 12, transformer_options(**asdict(sizes))).double()
    ours = Transformer(board.n_items, **asdict(sizes)).double()
    ours.load_state_dict(theirs.state_dict())
    schedule = Schedule(loss=loss, epochs=4, batch_size=16, lr=5e-3, eval_every=2)
    learnt = []
    for encoder in (ours, theirs):
        with torch.random.fork_rng():
            torch.manual_seed(1)
            soft = PromptGenerator(attribute_sizes(board), PromptConfig(tokens=2), 16, 1).double() if prompted else None
        log = fit(encoder, soft, board, schedule, 3, ("model", "prompt"))
        items, attributes = torch.arange(1, 37).view(3, 12), torch.ones(3, len(board.attributes), dtype=torch.long)
        with torch.no_grad():
            given = soft(attributes) if soft is not None else None
            learnt.append((log, encoder.eval().encode(items, given) @ encoder.item_embedding.weight.T))
    (our_log, expected), (their_log, scores) = learnt
    assert our_log == their_log and our_log["kept_epoch"] > 0
    torch.testing.assert_close(scores, expected, atol=1e-6, rtol=1e-6)


def test_soft_tokens_are_read_before_the_items() -> None:
    net: Any = network("GRU4Rec")
    items, soft = sequences(), prompt(2)
    with torch.no_grad():
        states, _ = net.gru_layers(torch.cat([soft[:, 0], net.item_embedding(items)], 1))
        torch.testing.assert_close(net.encode(items, soft), net.dense(states)[:, 2:], atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("name", MODELS)
def test_prompts_are_gone_afterwards(name: str) -> None:
    net, items = network(name), sequences()
    with torch.no_grad():
        before = net.encode(items)
        for tokens in (1, 3):
            prompted = net.encode(items, prompt(tokens))
            assert prompted.shape == before.shape and (abs(prompted - before).amax(2) > 1e-4).all()
        with pytest.raises(RuntimeError):
            net.encode(items, prompt(1, n=3))
        assert torch.equal(net.encode(items), before)


@pytest.mark.parametrize(
    ("name", "layer"), [("GRU4RecF", "feature_gru_layers"), ("SASRecF", "concat_layer"), ("FDSA", "feature_att_layer")]
)
def test_items_have_their_category_and_soft_tokens_none(name: str, layer: str) -> None:
    net: Any = network(name)
    items, read = sequences(), []
    with torch.no_grad(), getattr(net, layer).register_forward_pre_hook(lambda _, given: read.append(given[0])):
        net.encode(items, prompt(2))
    features = read[0].reshape(len(items), 2 + LENGTH, -1)[..., -WIDTH:]
    table = net.feature_embed_layer.token_embedding_table["item"].embedding.weight
    assert table.shape == (4, WIDTH)
    assert not features[:, :2].any()
    assert torch.equal(features[:, 2:], table[torch.from_numpy(CATEGORIES)[items]])


def test_a_new_network_is_recboles_own() -> None:
    """The same random state gives the same weights as RecBole's class by itself."""
    cls, config = door.model_class("GRU4Rec"), GRU4RecConfig(max_length=LENGTH)
    with torch.random.fork_rng():
        torch.manual_seed(3)
        ours = GRU4Rec.build(config, N_ITEMS).state_dict()
        torch.manual_seed(3)
        theirs = door.build(cls, door.settings(cls, {}, LENGTH), Items(N_ITEMS)).state_dict()
    assert list(ours) == list(theirs)
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)
