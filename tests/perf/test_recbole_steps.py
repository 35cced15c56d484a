"""The replay of RecBole's training is RecBole's: the same rows, and the same loss and gradients without dropout."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import torch

from rbench import datasets

LENGTH = 10


@pytest.fixture(scope="module")
def data():
    spec = datasets.resolve("checkerboard")
    return spec.open(spec.configure({})).load()


@pytest.fixture
def theirs(data, tmp_path, monkeypatch):
    import quality

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(quality, "LENGTH", LENGTH)
    return quality.RecBole(data, seed=0, epochs=1, dropout=0.0)


def keys(items, lengths, labels):
    """What each row holds: the items before, and the label."""
    arrays = (np.asarray(part) for part in (items, lengths, labels))
    return [(*row[:length].tolist(), -label) for row, length, label in zip(*arrays, strict=True)]


def recboles(theirs, batch):
    ours = np.argsort(theirs.rows)
    return keys(ours[batch["item_id_list"]], batch["item_length"], ours[batch["item_id"]])


def test_rows_loss_and_gradients_are_recboles(data, theirs):
    from quality import layers
    from recbole_steps import Rows, Steps

    rows = Rows(data.drop_last(2), LENGTH)
    mine = keys(*rows.read(np.arange(len(rows))))
    assert (data.lengths > LENGTH + 3).any()  # some are cut
    assert Counter(mine) == Counter(recboles(theirs, theirs.batches.dataset[:]))

    for parameter in theirs.model.parameters():  # wider than at first, so that attention differs between items
        torch.nn.init.normal_(parameter, std=0.2)
    encoder = layers(data, 0.0)
    encoder.load_state_dict(theirs.weights())
    batch = next(iter(theirs.batches))
    place = {key: i for i, key in enumerate(mine)}  # rows that are alike may stand for each other
    chosen = np.array([place[key] for key in recboles(theirs, batch)])
    loss, gradients = Steps(encoder, data.drop_last(2), threads=2).gradients(chosen)

    wanted = theirs.model.calculate_loss(batch)
    wanted.backward()
    assert loss == pytest.approx(wanted.item(), rel=1e-5)
    for (name, _), gradient in zip(encoder.named_parameters(), gradients, strict=True):
        expected = theirs.model.get_parameter(name).grad
        if name == "item_embedding.weight":
            expected = expected[theirs.rows]
        torch.testing.assert_close(gradient, expected, rtol=1e-3, atol=1e-6, msg=name)
