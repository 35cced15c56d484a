"""RecBole's models that are given prefixes: their vectors, losses and gradients are those of RecBole's own classes."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from rbench import models
from rbench.models.prefixes.narm import NARM, NARMConfig
from rbench.models.sequential.batch import Batch
from rbench.models.sequential.recbole import door
from rbench.models.sequential.recbole.dataset import Items
from rbench.models.sequential.recbole.prefixes import PrefixEncoder
from rbench.models.sequential.training import losses

N_ITEMS, LENGTH, WIDTH = 23, 6, 8
OPTIONS: dict[str, dict[str, Any]] = {
    "narm": {"embedding_size": WIDTH, "hidden_size": 12, "n_layers": 2},
    "stamp": {"embedding_size": WIDTH},
    "caser": {"embedding_size": WIDTH, "n_horizontal": 3, "n_vertical": 2, "norms": 0.01},
    "lightsans": {"hidden_size": WIDTH, "inner_size": 12, "n_heads": 2, "k_interests": 3},
    "sine": {"embedding_size": WIDTH, "prototypes": 7, "interests": 2},
    "hrm": {"embedding_size": WIDTH},
    "hrm, average": {"embedding_size": WIDTH, "user_pooling": "average"},
}


def pair(name: str, std: float = 0.4) -> tuple[PrefixEncoder, Any]:
    """Return our network and RecBole's model with one state, in double precision, not training; row 0 is zero."""
    cls: Any = models.registry.get(name.partition(",")[0])
    config = cls.Config(**OPTIONS[name], max_length=LENGTH)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        ours = cls.build(config, N_ITEMS).double()
        for parameter in ours.parameters():
            torch.nn.init.normal_(parameter, std=std)
        with torch.no_grad():
            ours.item_embedding.weight[0] = 0
        theirs_class = door.model_class(type(ours).__name__)
        theirs: Any = door.build(theirs_class, _recboles(ours, config), Items(N_ITEMS)).double()
    assert type(theirs) is theirs_class and not isinstance(theirs, PrefixEncoder)
    theirs.load_state_dict(ours.state_dict())
    return ours.eval(), theirs.eval()


def _recboles(network: Any, config: Any) -> Any:
    if hasattr(config, "for_recbole"):
        options = config.for_recbole()
    else:
        options = {
            f.name: getattr(config, f.name)
            for f in fields(config)
            if f.name not in ("max_length", "dropout", "padding")
        }
        options = {name: value for name, value in options.items() if name != "attention_dropout"}
    return door.settings(door.model_class(type(network).__name__), options, LENGTH)


def rows(seed: int = 5) -> tuple[Tensor, Tensor]:
    """Return two rows of each length, padded with zeros."""
    lengths = torch.arange(1, LENGTH + 1).repeat(2)
    items = torch.from_numpy(np.random.default_rng(seed).integers(1, N_ITEMS + 1, (len(lengths), LENGTH)))
    return torch.where(torch.arange(LENGTH) < lengths[:, None], items, 0), lengths


def interaction(items: Tensor, lengths: Tensor, **more: Tensor) -> dict[str, Tensor]:
    return {"item_id_list": items, "item_length": lengths.clone(), "user_id": torch.zeros_like(lengths), **more}


@pytest.mark.parametrize("name", OPTIONS)
def test_scores_are_recboles(name: str) -> None:
    ours, theirs = pair(name)
    items, lengths = rows()
    with torch.no_grad():
        expected = theirs.full_sort_predict(interaction(items, lengths))
        assert expected.std() > 0.01
        torch.testing.assert_close(ours.scores(items, lengths), expected, atol=1e-9, rtol=1e-9)
        for n in range(1, LENGTH + 1):  # by themselves, and no wider than they are
            alone = ours.scores(items[n - 1 : n, :n].int(), lengths[n - 1 : n])
            torch.testing.assert_close(alone, expected[n - 1 : n], atol=1e-9, rtol=1e-9)


class Pairwise(nn.Module):
    """RecBole's BPR loss without the number that keeps its logarithm finite."""

    def forward(self, chosen: Tensor, rejected: Tensor) -> Tensor:
        return -F.logsigmoid(chosen - rejected).mean()


class OverItems(nn.Module):
    """RecBole's cross-entropy without padding, which it counts among the items."""

    def forward(self, logits: Tensor, labels: Tensor) -> Tensor:
        return F.cross_entropy(logits[:, 1:], labels - 1)


@pytest.mark.parametrize("name", OPTIONS)
@pytest.mark.parametrize("loss", ["bpr", "softmax"])
def test_losses_and_gradients_are_recboles(name: str, loss: str) -> None:
    ours, theirs = pair(name)
    items, lengths = rows()
    labels, negatives = (torch.from_numpy(np.random.default_rng(s).integers(1, N_ITEMS + 1, 12)) for s in (1, 2))
    given = interaction(items, lengths, item_id=labels, neg_item_id=negatives)
    theirs.loss_type = "BPR" if loss == "bpr" else "CE"
    theirs.loss_fct = Pairwise() if loss == "bpr" else OverItems()
    none = torch.zeros_like(negatives)
    batch = Batch(items, lengths, torch.zeros(12), labels, negatives if loss == "bpr" else none)
    found = ours.loss(batch, losses.bpr if loss == "bpr" else losses.softmax)
    expected = theirs.calculate_loss(given)
    torch.testing.assert_close(found, expected, atol=1e-9, rtol=1e-9)
    found.backward()  # type: ignore[no-untyped-call]
    expected.backward()
    gradients = {key: parameter.grad for key, parameter in theirs.named_parameters()}
    assert any(gradient is not None and gradient.abs().max() > 1e-6 for gradient in gradients.values())
    for key, parameter in ours.named_parameters():
        wanted = gradients[key]
        assert (parameter.grad is None) == (wanted is None), key
        if wanted is not None:
            torch.testing.assert_close(parameter.grad, wanted, atol=1e-9, rtol=1e-7, msg=key)


@pytest.mark.parametrize("name", OPTIONS)
def test_what_a_provider_writes_into_padding_is_not_read(name: str) -> None:
    ours, theirs = pair(name)
    items, lengths = rows()
    with torch.no_grad():
        before = ours.scores(items, lengths)
        poisoned = {key: value.clone() for key, value in ours.state_dict().items()}
        poisoned["item_embedding.weight"][0] = torch.arange(WIDTH)
        ours.load_state_dict(poisoned)
        after = ours.scores(items, lengths)
        assert torch.equal(before, after)
        if name != "narm":  # which RecBole's own class reads, where a history is short
            theirs.load_state_dict(poisoned)
            assert (theirs.full_sort_predict(interaction(items, lengths))[:, 1:] - before[:, 1:]).abs().max() > 1e-3


def test_soft_tokens_are_read_before_the_items() -> None:
    """NARM by hand: the recurrent unit reads the tokens first, and attention sums over them too."""
    net: Any = NARM.build(NARMConfig(embedding_size=WIDTH, hidden_size=12, max_length=LENGTH), N_ITEMS).double().eval()
    items, lengths = rows()
    soft = torch.randn(len(items), 1, 2, WIDTH, generator=torch.Generator().manual_seed(0)).double()
    with torch.no_grad():
        found, bare = net.last(items, lengths, soft), net.last(items, lengths)
        for row, length in enumerate(lengths.tolist()):
            known = net.item_embedding(items[row, :length])
            states, _ = net.gru(torch.cat([soft[row, 0], known])[None])
            ht = states[:, -1]
            weights = net.v_t(torch.sigmoid(net.a_1(states) + net.a_2(ht)[:, None]))
            expected = net.b(torch.cat([(weights * states).sum(1), ht], 1))
            torch.testing.assert_close(found[row : row + 1], expected, atol=1e-9, rtol=1e-9)
    assert ((found - bare).abs().amax(1) > 1e-6).all()


@pytest.mark.parametrize("name", sorted(set(OPTIONS) - {"narm", "hrm, average"}))
def test_models_that_take_no_prompts_say_so(name: str) -> None:
    ours, _ = pair(name)
    items, lengths = rows()
    with pytest.raises(ValueError, match="takes no prompts"):
        ours.last(items, lengths, torch.zeros(len(items), 1, 1, WIDTH))


def test_weights_that_numpy_draws_follow_torchs_random_state() -> None:
    """SINE draws some of its weights from NumPy's global state."""
    sine: Any = models.registry.get("sine")
    drawn = []
    for seed, noise in ((0, 1), (0, 2), (1, 1)):
        with torch.random.fork_rng():
            torch.manual_seed(seed)
            np.random.seed(noise)
            before = np.random.get_state()[1].tolist()  # type: ignore[index]
            drawn.append(sine.build(sine.Config(), N_ITEMS).w1.detach())
            assert np.random.get_state()[1].tolist() == before  # type: ignore[index]
    assert torch.equal(drawn[0], drawn[1]) and not torch.equal(drawn[0], drawn[2])
