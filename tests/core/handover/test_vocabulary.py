"""A log is read with the items of the model that it is to be ranked by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from rbench.core.errors import UserError
from rbench.core.handover.vocabulary import fit
from rbench.core.interactions import Attribute, Interactions


def log(*sequences: list[int], ids: Sequence[str] = "abcd") -> Interactions:
    """Return users who have these items, item 1 being called ``a``."""
    lengths = [len(sequence) for sequence in sequences]
    return Interactions(
        "tiny",
        np.concatenate(sequences).astype(np.int32),
        np.cumsum([0, *lengths]).astype(np.int64),
        np.array([0, *range(1, len(ids) + 1)], np.int32),
        tuple(f"kind {item}" for item in ids),
        {"side": Attribute(np.ones(len(sequences), np.int32), ("left",))},
        tuple(f"user {u}" for u in range(len(sequences))),
        tuple(ids),
    )


def test_a_log_takes_the_models_items():
    # The model has no a, and a planted item x that nobody in the log knows.
    fitted = fit(log([1, 2, 3, 4], [1, 1, 2, 3], [4, 3, 2]), ("x", "d", "c", "b"), "model")
    assert [list(fitted.data.of(user)) for user in range(fitted.data.n_users)] == [[4, 3, 2], [2, 3, 4]]
    assert fitted.data.item_ids == ("x", "d", "c", "b")
    assert list(fitted.data.categories) == [0, 0, 4, 3, 2]
    assert fitted.data.user_ids == ("user 0", "user 2") and len(fitted.data.attributes["side"].codes) == 2
    assert (fitted.common, fitted.only_model, fitted.only_log, fitted.short_users) == (3, 1, 1, 1)
    assert fitted.dropped == pytest.approx(3 / 11)


@pytest.mark.parametrize(("items", "why"), [(("d",), "25% of the interactions in tiny"), (("a", "b"), "no user has 3")])
def test_logs_that_a_model_does_not_fit(items: tuple[str, ...], why: str):
    with pytest.raises(UserError, match=why):
        fit(log([1, 2, 3, 4], [2, 1, 4, 3]), items, "model")
