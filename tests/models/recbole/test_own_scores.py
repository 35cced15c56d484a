"""Victims with RecBole's loss and scores: both are those of RecBole's own class, untouched, with the same state."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
import torch.nn.functional as F

from rbench.models.sequential.batch import Batch
from rbench.models.sequential.encoder import SequenceEncoder
from rbench.models.sequential.recbole import door
from rbench.models.sequential.recbole.abilities import table
from rbench.models.sequential.recbole.dataset import Items
from rbench.models.sequential.recbole.victims import victim_network
from rbench.models.sequential.training import losses

N_ITEMS, LENGTH = 23, 7
OBJECTIVES = {"bpr": losses.bpr, "softmax": losses.softmax}
PREFIXES = [name for name, can in table().items() if can.examples == "prefixes" and not can.refused]


def network(name: str) -> Any:
    """Return a victim's network with large random weights, so that every part matters."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        made: SequenceEncoder = victim_network(name, N_ITEMS, LENGTH, {})
        for parameter in made.parameters():
            torch.nn.init.normal_(parameter, std=0.3)
        with torch.no_grad():
            made.item_embedding.weight[0] = 0
    return made.eval()


def recboles(name: str, ours: SequenceEncoder, kind: str = "CE") -> Any:
    """Return RecBole's own model with the state of ours."""
    cls = door.model_class(name)
    options = {} if name in ("RepeatNet", "TransRec") else {"loss_type": kind}
    made: Any = door.build(cls, door.settings(cls, options, LENGTH), Items(N_ITEMS, max_length=LENGTH))
    assert type(made) is cls
    state = ours.state_dict()
    if name == "RepeatNet":
        state["item_matrix.weight"] = state.pop("item_embedding.weight")
    if name == "BERT4Rec":
        weights = [state["item_embedding.weight"], state.pop("item_embedding.mask")[None]]
        state["item_embedding.weight"] = torch.cat(weights)
    made.load_state_dict(state)
    return made.eval()


def rows() -> tuple[torch.Tensor, torch.Tensor]:
    lengths = torch.tensor([1, 2, 3, 5, LENGTH, 4])
    items = torch.randint(1, N_ITEMS + 1, (6, LENGTH), generator=torch.Generator().manual_seed(3))
    return torch.where(torch.arange(LENGTH) < lengths[:, None], items, 0), lengths


def theirs(name: str, items: torch.Tensor, lengths: torch.Tensor) -> dict[str, torch.Tensor]:
    """Return RecBole's batch, transformed as its loader does."""
    from recbole.data.interaction import Interaction
    from recbole.data.transform import construct_transform

    batch = {"item_id_list": items, "item_length": lengths, "user_id": torch.zeros(len(items), dtype=torch.long)}
    if name != "SHAN":
        return batch
    config = door.settings(door.model_class(name), {}, LENGTH)
    found: dict[str, torch.Tensor] = construct_transform(config)(None, Interaction(batch)).interaction
    return found


@pytest.mark.parametrize("name", PREFIXES)
def test_scores_are_recboles(name: str) -> None:
    ours = network(name)
    items, lengths = rows()
    batch = theirs(name, items, lengths)
    if name == "SHAN":  # whose full_sort_predict reads the rows as they were before the transform
        batch["item_id_list"] = batch["Inverse_item_id_list"]
    with torch.no_grad():
        expected = recboles(name, ours).full_sort_predict(batch).view(len(items), -1)
        found = ours.scores(items, lengths)
        narrow = ours.scores(items[1:2, :2], lengths[1:2])
    assert expected[:, 1:].isfinite().all() and expected[:, 1:].std() > 1e-4
    torch.testing.assert_close(found[:, 1:], expected[:, 1:], atol=2e-5, rtol=2e-5)
    torch.testing.assert_close(narrow[:, 1:], expected[1:2, 1:], atol=2e-5, rtol=2e-5)


@pytest.mark.parametrize(("name", "loss"), [(name, loss) for name in PREFIXES for loss in table()[name].losses])
def test_the_loss_is_recboles(name: str, loss: str) -> None:
    ours = network(name)
    items, lengths = rows()
    labels, negatives = torch.tensor([3, 9, 1, 4, 23, 9]), torch.tensor([5, 2, 2, 8, 7, 6])
    kind, objective = {"bpr": "BPR", "softmax": "CE"}[loss], OBJECTIVES[loss]
    batch = theirs(name, items, lengths) | {"item_id": labels, "neg_item_id": negatives}
    expected = recboles(name, ours, kind).calculate_loss(batch)
    if loss == "softmax":
        negatives = torch.zeros_like(negatives)
    for _ in range(2):  # whatever was computed before
        found = ours.loss(Batch(items, lengths, lengths, labels, negatives), objective)
        torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
        for other in table()[name].losses:
            ours.loss(Batch(items, lengths, lengths, labels, labels), OBJECTIVES[other])


@pytest.mark.parametrize("name", ["CORE", "SHAN", "NPE", "RepeatNet"])
def test_with_cross_entropy_negatives_add_their_pairwise_term(name: str) -> None:
    ours = network(name)
    items, lengths = rows()
    labels, negatives = torch.tensor([3, 9, 1, 4, 23, 9]), torch.tensor([0, 2, 0, 8, 0, 0])
    plain, pressed = (
        ours.loss(Batch(items, lengths, lengths, labels, against), losses.softmax)
        for against in (torch.zeros_like(negatives), negatives)
    )
    with torch.no_grad():
        scores = ours.scores(items, lengths)
    if name == "RepeatNet":
        scores = (scores + 1e-8).log()
    term = sum(-F.logsigmoid(scores[row, labels[row]] - scores[row, negatives[row]]) for row in (1, 3))
    torch.testing.assert_close(pressed - plain, term / 6, atol=1e-5, rtol=1e-4)
    assert pressed.requires_grad


# BERT4Rec: sequences with hidden items.

HIDDEN = torch.tensor([[4, 24, 7, 24, 0, 0, 0], [9, 2, 24, 0, 0, 0, 0], [1, 2, 3, 24, 5, 24, 24]])
PLACES = torch.tensor([1, 3, 9, 17, 19, 20])
LABELS = torch.tensor([5, 6, 3, 4, 6, 7], dtype=torch.int32)
NEGATIVES = torch.tensor([8, 9, 8, 9, 8, 9], dtype=torch.int32)


def hidden(negatives: torch.Tensor) -> Batch:
    lengths = torch.tensor([4, 3, 7])
    return Batch(HIDDEN.int(), lengths, lengths, LABELS, negatives, PLACES)


@pytest.mark.parametrize(("kind", "objective"), [("CE", losses.softmax), ("BPR", losses.bpr)])
def test_the_loss_of_hidden_items_is_recboles(kind: str, objective: Any) -> None:
    """RecBole puts its slots' zeros first, and has more of them."""
    ours = network("BERT4Rec")
    batch = {
        "Mask_item_id_list": HIDDEN,
        "MASK_INDEX": torch.tensor([[0, 0, 1, 3], [0, 0, 0, 2], [0, 3, 5, 6]]),
        "Pos_item_id": torch.tensor([[0, 0, 5, 6], [0, 0, 0, 3], [0, 4, 6, 7]]),
        "Neg_item_id": torch.tensor([[0, 0, 8, 9], [0, 0, 0, 8], [0, 9, 8, 9]]),
    }
    expected = recboles("BERT4Rec", ours, kind).calculate_loss(batch)
    found = ours.loss(hidden(NEGATIVES if kind == "BPR" else torch.zeros_like(NEGATIVES)), objective)
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-6)


def test_negatives_of_hidden_items_add_their_pairwise_term() -> None:
    ours = network("BERT4Rec")
    negatives = torch.where(torch.arange(6) % 2 == 0, 0, NEGATIVES)
    plain, pressed = (ours.loss(hidden(n), losses.softmax) for n in (torch.zeros_like(negatives), negatives))
    with torch.no_grad():
        vectors = ours.forward(HIDDEN).reshape(-1, 64)[PLACES]
        scores = vectors @ ours.item_embedding.weight.T + ours.output_bias
    at = torch.tensor([1, 3, 5])
    term = -F.logsigmoid(scores[at, LABELS[at].long()] - scores[at, negatives[at].long()]).sum() / 6
    torch.testing.assert_close(pressed - plain, term, atol=1e-5, rtol=1e-4)


def test_a_prefix_is_followed_by_a_hidden_item() -> None:
    """So RecBole's own loader can feed it: its labels are then the items that are hidden."""
    ours = network("BERT4Rec")
    items, lengths = rows()
    labels, none = torch.tensor([3, 9, 1, 4, 23, 9]), torch.zeros(6, dtype=torch.long)
    with torch.no_grad():
        found = ours.loss(Batch(items, lengths, lengths, labels, none), losses.softmax)
        expected = F.cross_entropy(ours.scores(items, lengths), labels)
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)


def test_scores_are_those_of_a_hidden_item_after_the_history() -> None:
    """Of a history that fills a sequence the oldest item is left out."""
    ours = network("BERT4Rec")
    items, lengths = rows()
    expected = recboles("BERT4Rec", ours)
    with torch.no_grad():
        found = ours.scores(items, lengths)
        for row, n, scores in zip(items, lengths.tolist(), found, strict=True):
            history = row[max(0, n - LENGTH + 1) : n]
            sequence = torch.cat([history, torch.tensor([N_ITEMS + 1])])[None]
            by_hand = expected.forward(sequence)[0, -1] @ expected.item_embedding.weight[:-1].T + expected.output_bias
            torch.testing.assert_close(scores, by_hand, atol=1e-5, rtol=1e-5)
            batch = {"item_id_list": F.pad(history, (1, 0))[None], "item_length": torch.tensor([len(history) + 1])}
            torch.testing.assert_close(scores[None], expected.full_sort_predict(batch), atol=1e-5, rtol=1e-5)
            alone = ours.scores(row[None, :n], torch.tensor([n]))
            torch.testing.assert_close(scores[None], alone, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("name", ["BERT4Rec", "CORE", "RepeatNet"])
def test_a_new_network_is_recboles_own(name: str) -> None:
    """The same random state gives the same weights as RecBole's class by itself, and moves on as far."""
    cls = door.model_class(name)
    with torch.random.fork_rng():
        torch.manual_seed(3)
        ours = victim_network(name, N_ITEMS, LENGTH, {})
        after = torch.get_rng_state()
        torch.manual_seed(3)
        made = door.build(cls, door.settings(cls, {}, LENGTH), Items(N_ITEMS, max_length=LENGTH))
        assert torch.equal(after, torch.get_rng_state())
    again = recboles(name, ours).state_dict()
    assert list(again) == list(made.state_dict())
    assert all(torch.equal(value, again[key]) for key, value in made.state_dict().items())


def by_hand(model: Any, sequence: list[int], prompt: torch.Tensor) -> torch.Tensor:
    """Encode one sequence behind soft tokens ``[tokens, d]``, with RecBole's layers and no call of its ``forward``."""
    items = model.item_embedding.weight[sequence] + model.position_embedding.weight[: len(sequence)]
    embedded = model.LayerNorm(torch.cat([prompt, items]))[None]
    seen = model.trm_encoder(embedded, torch.zeros(1, 1, 1, embedded.shape[1]), output_all_encoded_layers=True)[-1]
    encoded: torch.Tensor = model.output_ln(model.output_gelu(model.output_ffn(seen)))[0, len(prompt) :]
    return encoded


def victim_with_prompts() -> tuple[Any, torch.Tensor]:
    with torch.random.fork_rng():
        torch.manual_seed(1)
        made = victim_network("BERT4Rec", N_ITEMS, LENGTH, {}, takes_prompts=True)
        for parameter in made.parameters():
            torch.nn.init.normal_(parameter, std=0.3)
        return made.eval(), torch.randn(6, 1, 2, 64, requires_grad=True)


def test_soft_tokens_stand_before_what_bert4rec_reads() -> None:
    ours, prompt = victim_with_prompts()
    items, lengths = rows()
    model = recboles("BERT4Rec", ours)
    with torch.no_grad():
        found = ours.scores(items, lengths, prompt)
        for row, n, soft, scores in zip(items, lengths.tolist(), prompt[:, 0], found, strict=True):
            sequence = [*row[max(0, n - LENGTH + 1) : n].tolist(), N_ITEMS + 1]
            last = by_hand(model, sequence, soft)[-1]
            expected = last @ model.item_embedding.weight[:-1].T + model.output_bias
            torch.testing.assert_close(scores, expected, atol=1e-5, rtol=1e-5)
    assert (ours.scores(items, lengths) - found).abs().max() > 1e-3


@pytest.mark.parametrize("kind", ["bpr", "softmax"])
def test_the_loss_of_hidden_items_teaches_soft_tokens(kind: str) -> None:
    ours, prompt = victim_with_prompts()
    batch = hidden(NEGATIVES if kind == "bpr" else torch.zeros_like(NEGATIVES))
    found = ours.loss(replace(batch, prompt=prompt[:3]), OBJECTIVES[kind])
    model = recboles("BERT4Rec", ours)
    rows_of = [
        by_hand(model, [i for i in row if i], soft) for row, soft in zip(HIDDEN.tolist(), prompt[:3, 0], strict=True)
    ]
    vectors = torch.stack([rows_of[place // LENGTH][place % LENGTH] for place in PLACES.tolist()])
    scores = vectors @ model.item_embedding.weight[:-1].T + model.output_bias
    at = torch.arange(6)
    if kind == "softmax":
        expected = F.cross_entropy(scores, LABELS.long())
    else:
        expected = -F.logsigmoid(scores[at, LABELS.long()] - scores[at, NEGATIVES.long()]).mean()
    torch.testing.assert_close(found, expected, atol=1e-5, rtol=1e-5)
    [slope] = torch.autograd.grad(found, prompt)
    [by_hand_slope] = torch.autograd.grad(expected, prompt)
    torch.testing.assert_close(slope, by_hand_slope, atol=1e-5, rtol=1e-4)
    assert slope[:3].abs().amax((1, 2, 3)).min() > 0 and not slope[3:].any()
